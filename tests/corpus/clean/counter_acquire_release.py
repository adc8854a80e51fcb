"""The lock is taken and given back by hand, also when an exception flies past."""

import threading


class Counter:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.value = 0

    def add(self, amount: int) -> None:
        self.lock.acquire()
        try:
            if amount < 0:
                raise ValueError(amount)
            self.value += amount
        finally:
            self.lock.release()


def setup() -> Counter:
    return Counter()


def good(counter: Counter) -> None:
    counter.add(2)


def refused(counter: Counter) -> None:
    try:
        counter.add(-1)
    except ValueError:
        counter.add(1)


WORKERS = [good, refused]


def check(counter: Counter) -> bool:
    return counter.value == 3
