"""Who does not get the lock in time goes away without a word, and a count is missing."""

import threading
import time

EXPECT = {"test-failure", "lost-update"}
MAX_SCHEDULES = 100


class Counter:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.value = 0

    def increment(self) -> None:
        if self.lock.acquire(timeout=0.2):
            self.value += 1
            time.sleep(0.1)
            self.lock.release()


def setup() -> Counter:
    return Counter()


WORKERS = [Counter.increment, Counter.increment, Counter.increment]


def check(counter: Counter) -> bool:
    return counter.value == 3
