"""A number shared with other processes has a lock, but ``+=`` does not take it for both halves."""

import multiprocessing
from typing import Any

EXPECT = {"lost-update", "test-failure"}
MAX_SCHEDULES = 100


def setup() -> Any:
    return multiprocessing.Value("i", 0)


def increment(total: Any) -> None:
    total.value += 1


WORKERS = [increment, increment]


def check(total: Any) -> bool:
    return total.value == 2
