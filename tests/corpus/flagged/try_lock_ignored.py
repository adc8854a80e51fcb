"""Whether the lock was free is not asked: the work is done in any case."""

import threading

EXPECT = {"lost-update", "test-failure", "thread-exception"}
MAX_SCHEDULES = 100


class Counter:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.value = 0

    def increment(self) -> None:
        locked = self.lock.acquire(blocking=False)
        self.value += 1
        if locked:
            self.lock.release()


def setup() -> Counter:
    return Counter()


WORKERS = [Counter.increment, Counter.increment]


def check(counter: Counter) -> bool:
    return counter.value == 2
