"""The flag is looked at under the condition, so the notification cannot be missed."""

import threading

SEQUENTIAL = False


class Box:
    def __init__(self) -> None:
        self.condition = threading.Condition()
        self.ready = False


def setup() -> Box:
    return Box()


def consume(box: Box) -> None:
    with box.condition:
        box.condition.wait_for(lambda: box.ready)


def produce(box: Box) -> None:
    with box.condition:
        box.ready = True
        box.condition.notify()


WORKERS = [consume, produce]
