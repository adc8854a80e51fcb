"""A condition is used for nothing but its lock."""

import threading


class Counter:
    def __init__(self) -> None:
        self.condition = threading.Condition()
        self.value = 0

    def increment(self) -> None:
        with self.condition:
            self.value += 1


def setup() -> Counter:
    return Counter()


WORKERS = [Counter.increment, Counter.increment]


def check(counter: Counter) -> bool:
    return counter.value == 2
