"""A condition that is taken when it is tried counts as closed, although it will be free again."""

from __future__ import annotations

import threading

EXPECT = {"test-failure"}
MAX_SCHEDULES = 20


class Door:
    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.closed = False


def setup() -> Door:
    return Door()


def tell(door: Door) -> None:
    with door.changed:
        door.changed.notify_all()


def enter(door: Door) -> None:
    if door.changed.acquire(timeout=0.1):
        door.changed.release()
    else:
        door.closed = True


WORKERS = [tell, enter]


def check(door: Door) -> bool:
    return not door.closed
