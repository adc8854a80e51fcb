"""Whoever finds the condition taken waits until it is free."""

from __future__ import annotations

import threading


class Door:
    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.passed = 0


def setup() -> Door:
    return Door()


def tell(door: Door) -> None:
    with door.changed:
        door.changed.notify_all()


def enter(door: Door) -> None:
    while not door.changed.acquire(timeout=30):
        pass
    door.passed += 1
    door.changed.release()


WORKERS = [tell, enter]


def check(door: Door) -> bool:
    return door.passed == 1
