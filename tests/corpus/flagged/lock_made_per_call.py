"""A new lock is made for every call, so it never keeps anybody out. No check."""

import threading

EXPECT = {"lost-update"}
MAX_SCHEDULES = 200


class Counter:
    def __init__(self) -> None:
        self.value = 0

    def increment(self) -> None:
        with threading.Lock():
            self.value += 1


def setup() -> Counter:
    return Counter()


WORKERS = [Counter.increment, Counter.increment]
