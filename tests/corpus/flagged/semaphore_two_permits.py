"""A semaphore is meant to keep others out, but it lets two in."""

import threading

EXPECT = {"lost-update", "test-failure"}
MAX_SCHEDULES = 100


class Counter:
    def __init__(self) -> None:
        self.gate = threading.Semaphore(2)
        self.value = 0

    def increment(self) -> None:
        with self.gate:
            self.value += 1


def setup() -> Counter:
    return Counter()


WORKERS = [Counter.increment, Counter.increment, Counter.increment]


def check(counter: Counter) -> bool:
    return counter.value == 3
