"""Count and total are each read under the lock, but in two turns: the mean is of two moments."""

import threading

EXPECT = {"atomicity-violation"}
MAX_SCHEDULES = 100


class Times:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.count = 1
        self.total = 2

    def add(self) -> None:
        with self.lock:
            self.count += 1
            self.total += 4

    def how_many(self) -> int:
        with self.lock:
            return self.count

    def in_all(self) -> int:
        with self.lock:
            return self.total

    def mean(self) -> float:
        count = self.how_many()
        return self.in_all() / count


def setup() -> Times:
    return Times()


WORKERS = [Times.add, Times.mean]
