"""Getter and setter are locked each, and another thread comes between them."""

import threading


class Counter:
    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._value = 0

    def get(self) -> int:
        with self.lock:
            return self._value

    def set(self, value: int) -> None:
        with self.lock:
            self._value = value

    def increment(self) -> None:
        self.set(self.get() + 1)


def setup() -> Counter:
    return Counter()


WORKERS = [Counter.increment, Counter.increment]
EXPECT = {"lost-update"}
MAX_SCHEDULES = 200
