"""Closing and submitting exclude each other: what is accepted is queued before the end."""

from __future__ import annotations

import queue
import threading

SEQUENTIAL = False


class Pool:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.jobs: queue.Queue[int | None] = queue.Queue()
        self.closed = False
        self.accepted: list[int] = []
        self.done: list[int] = []

    def submit(self, job: int) -> None:
        with self.lock:
            if not self.closed:
                self.jobs.put(job)
                self.accepted.append(job)

    def close(self) -> None:
        with self.lock:
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
