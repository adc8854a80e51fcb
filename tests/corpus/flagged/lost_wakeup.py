"""The flag is looked at outside the condition: the notification may come before the wait,
and then never.
"""

import threading

EXPECT = {"deadlock"}
MAX_SCHEDULES = 200
SEQUENTIAL = False


class Box:
    def __init__(self) -> None:
        self.condition = threading.Condition()
        self.ready = False


def setup() -> Box:
    return Box()


def consume(box: Box) -> None:
    if not box.ready:
        with box.condition:
            box.condition.wait()


def produce(box: Box) -> None:
    box.ready = True
    with box.condition:
        box.condition.notify()


WORKERS = [consume, produce]
