"""Small programs that several tests explore."""

from __future__ import annotations

import threading


class Counter:
    def __init__(self) -> None:
        self.value = 0

    def increment(self) -> None:
        seen = self.value
        self.value = seen + 1


class LockedCounter:
    def __init__(self) -> None:
        self.value = 0
        self.lock = threading.Lock()

    def increment(self) -> None:
        with self.lock:
            seen = self.value
            self.value = seen + 1


class TwoLocks:
    def __init__(self) -> None:
        self.first = threading.Lock()
        self.second = threading.Lock()

    def forth(self) -> None:
        with self.first, self.second:
            pass

    def back(self) -> None:
        with self.second, self.first:
            pass


def both(counter: Counter | LockedCounter) -> bool:
    return counter.value == 2
