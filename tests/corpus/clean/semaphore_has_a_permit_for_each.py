"""There are as many permits as threads: whoever looks for one finds it."""

from __future__ import annotations

import threading


class Pool:
    def __init__(self) -> None:
        self.permits = threading.Semaphore(2)
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
