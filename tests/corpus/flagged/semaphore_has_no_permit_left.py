"""The one permit is taken while the other thread looks for one, and that thread does without."""

from __future__ import annotations

import threading

EXPECT = {"test-failure"}
MAX_SCHEDULES = 20


class Pool:
    def __init__(self) -> None:
        self.permits = threading.Semaphore(1)
        self.refused = False


def setup() -> Pool:
    return Pool()


def use(pool: Pool) -> None:
    with pool.permits:
        pass


def try_to_use(pool: Pool) -> None:
    if pool.permits.acquire(blocking=False):
        pool.permits.release()
    else:
        pool.refused = True


WORKERS = [use, try_to_use]


def check(pool: Pool) -> bool:
    return not pool.refused
