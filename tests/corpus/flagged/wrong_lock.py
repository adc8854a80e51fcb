"""Both threads hold a lock while they count, but not the same one."""

import threading

EXPECT = {"lost-update", "test-failure"}
MAX_SCHEDULES = 100


class Counter:
    def __init__(self) -> None:
        self.value = 0
        self.in_lock = threading.Lock()
        self.out_lock = threading.Lock()


def setup() -> Counter:
    return Counter()


def enter(counter: Counter) -> None:
    with counter.in_lock:
        counter.value += 1


def leave(counter: Counter) -> None:
    with counter.out_lock:
        counter.value -= 1


WORKERS = [enter, leave]


def check(counter: Counter) -> bool:
    return counter.value == 0
