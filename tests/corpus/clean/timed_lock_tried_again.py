"""Who does not get the lock in time tries again: slow, and nothing is missing."""

import threading
import time


class Counter:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.value = 0

    def increment(self) -> None:
        while not self.lock.acquire(timeout=0.02):
            pass
        self.value += 1
        time.sleep(0.01)
        self.lock.release()


def setup() -> Counter:
    return Counter()


WORKERS = [Counter.increment, Counter.increment]


def check(counter: Counter) -> bool:
    return counter.value == 2
