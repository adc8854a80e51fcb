"""Two tasks wait for tasks of the same pool, and may keep all of its threads waiting."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

EXPECT = {"deadlock"}
MAX_SCHEDULES = 300
SEQUENTIAL = False


def setup() -> None:
    return None


def run_tasks(_: None) -> None:
    pool = ThreadPoolExecutor(max_workers=2)

    def outer() -> int:
        return pool.submit(abs, -1).result() + 1

    with pool:
        for future in [pool.submit(outer), pool.submit(outer)]:
            assert future.result() == 2


WORKERS = [run_tasks]
