"""A counter kept in a closure."""

from __future__ import annotations

from collections.abc import Callable

EXPECT = {"test-failure", "lost-update"}
MAX_SCHEDULES = 100


def setup() -> Callable[[], int]:
    count = 0

    def increment() -> int:
        nonlocal count
        count += 1
        return count

    return increment


def use(increment: Callable[[], int]) -> None:
    increment()


WORKERS = [use, use]


def check(increment: Callable[[], int]) -> bool:
    return increment() == 3
