"""A counter kept in a closure, and a lock beside it."""

from __future__ import annotations

import threading
from collections.abc import Callable


def setup() -> Callable[[], int]:
    count = 0
    lock = threading.Lock()

    def increment() -> int:
        nonlocal count
        with lock:
            count += 1
            return count

    return increment


def use(increment: Callable[[], int]) -> None:
    increment()


WORKERS = [use, use]


def check(increment: Callable[[], int]) -> bool:
    return increment() == 3
