"""Count and total are read together under the lock: the mean is of one moment."""

import threading


class Times:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.count = 1
        self.total = 2

    def add(self) -> None:
        with self.lock:
            self.count += 1
            self.total += 4

    def both(self) -> tuple[int, int]:
        with self.lock:
            return self.count, self.total

    def mean(self) -> float:
        count, total = self.both()
        return total / count


def setup() -> Times:
    return Times()


WORKERS = [Times.add, Times.mean]
