"""The second value is derived from the first in a critical section of its own;
a reader comes in between.
"""

import threading

EXPECT = {"test-failure", "thread-exception"}
MAX_SCHEDULES = 200


class Stages:
    def __init__(self) -> None:
        self.first_lock = threading.Lock()
        self.second_lock = threading.Lock()
        self.first = 0
        self.second = 0


def setup() -> Stages:
    return Stages()


def write(stages: Stages) -> None:
    with stages.first_lock:
        stages.first = 1
    with stages.second_lock:
        stages.second = stages.first + 1


def read(stages: Stages) -> None:
    with stages.first_lock:
        first = stages.first
    if first == 0:
        return
    with stages.second_lock:
        second = stages.second
    assert second == first + 1


WORKERS = [write, read]
