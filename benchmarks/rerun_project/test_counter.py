"""Tests as people write them, correct, so that the search goes on to its end."""

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


SHARED = LockedCounter()


@pytest.fixture
def counter() -> LockedCounter:
    return LockedCounter()


@pytest.mark.threadsafe
def test_counter(counter: LockedCounter) -> None:
    counter.increment()


@pytest.mark.threadsafe
def test_own_threads(counter: LockedCounter) -> None:
    threads = [threading.Thread(target=counter.increment) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.threadsafe
def test_state_stays() -> None:
    """The second run in a process does something else than the first."""
    if SHARED.value < 2:
        SHARED.increment()
    SHARED.increment()
