"""The counter's read and write happen under one lock."""

import threading


class Counter:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.value = 0

    def increment(self) -> None:
        with self.lock:
            seen = self.value
            self.value = seen + 1


def setup() -> Counter:
    return Counter()


WORKERS = [Counter.increment, Counter.increment, Counter.increment]


def check(counter: Counter) -> bool:
    return counter.value == 3
