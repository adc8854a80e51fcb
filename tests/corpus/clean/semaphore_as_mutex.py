"""A semaphore with one permit is a lock."""

import threading


class Counter:
    def __init__(self) -> None:
        self.gate = threading.Semaphore(1)
        self.value = 0

    def increment(self) -> None:
        with self.gate:
            self.value += 1


def setup() -> Counter:
    return Counter()


WORKERS = [Counter.increment, Counter.increment, Counter.increment]


def check(counter: Counter) -> bool:
    return counter.value == 3
