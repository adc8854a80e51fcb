"""A number shared with other processes is counted up under the lock that it comes with."""

import multiprocessing
from typing import Any


def setup() -> Any:
    return multiprocessing.Value("i", 0)


def increment(total: Any) -> None:
    with total.get_lock():
        total.value += 1


WORKERS = [increment, increment]


def check(total: Any) -> bool:
    return total.value == 2
