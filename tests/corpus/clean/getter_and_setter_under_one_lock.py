"""One lock is held from the getter's call to the setter's."""

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
        with self.lock:
            self.set(self.get() + 1)


def setup() -> Counter:
    return Counter()


WORKERS = [Counter.increment, Counter.increment]
