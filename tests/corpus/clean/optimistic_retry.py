"""Read without the lock, compute, write under the lock only if nothing has changed;
otherwise again.
"""

import threading


class Counter:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.value = 0

    def swap_if(self, expected: int, value: int) -> bool:
        with self.lock:
            if self.value != expected:
                return False
            self.value = value
            return True

    def increment(self) -> None:
        while True:
            seen = self.value
            if self.swap_if(seen, seen + 1):
                return


def setup() -> Counter:
    return Counter()


WORKERS = [Counter.increment, Counter.increment]


def check(counter: Counter) -> bool:
    return counter.value == 2
