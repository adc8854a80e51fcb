"""A test as people write it, correct, so that the search goes on to its end."""

import threading

import pytest


class LockedCounter:
    def __init__(self) -> None:
        self.value = 0
        self.lock = threading.Lock()

    def increment(self) -> None:
        with self.lock:
            t = self.value
            self.value = t + 1


@pytest.fixture
def counter() -> LockedCounter:
    return LockedCounter()


@pytest.mark.threadsafe
def test_counter(counter: LockedCounter) -> None:
    counter.increment()
