"""An RLock is taken twice by the same thread, and kept until the outer one lets go."""

import threading


class Counter:
    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.value = 0

    def add(self, amount: int) -> None:
        with self.lock:
            self.value += amount

    def add_twice(self) -> None:
        with self.lock:
            before = self.value
            self.add(1)
            self.add(1)
            assert self.value == before + 2


def setup() -> Counter:
    return Counter()


WORKERS = [Counter.add_twice, Counter.add_twice]


def check(counter: Counter) -> bool:
    return counter.value == 4
