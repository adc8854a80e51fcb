"""A pool looks whether it is closed before it queues a job, and the end may be queued in between:
the job is accepted and never done.
"""

from __future__ import annotations

import queue

EXPECT = {"test-failure"}
MAX_SCHEDULES = 100
SEQUENTIAL = False


class Pool:
    def __init__(self) -> None:
        self.jobs: queue.Queue[int | None] = queue.Queue()
        self.closed = False
        self.accepted: list[int] = []
        self.done: list[int] = []

    def submit(self, job: int) -> None:
        if not self.closed:
            self.jobs.put(job)
            self.accepted.append(job)

    def close(self) -> None:
        self.closed = True
        self.jobs.put(None)

    def work(self) -> None:
        while (job := self.jobs.get()) is not None:
            self.done.append(job)


def setup() -> Pool:
    return Pool()


def submit(pool: Pool) -> None:
    pool.submit(1)


WORKERS = [Pool.work, submit, Pool.close]


def check(pool: Pool) -> bool:
    return pool.done == pool.accepted
