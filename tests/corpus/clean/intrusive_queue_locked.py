"""A queue whose items know what follows, each operation under one lock."""

from __future__ import annotations

import threading


class Job:
    def __init__(self, name: str) -> None:
        self.name = name
        self.following: Job | None = None


class Queue:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.first: Job | None = None
        self.last: Job | None = None
        self.taken: list[str] = []

    def put(self, job: Job) -> None:
        with self.lock:
            if self.last is None:
                self.first = self.last = job
            else:
                self.last.following = job
                self.last = job

    def get(self) -> Job | None:
        with self.lock:
            job = self.first
            if job is not None:
                self.first = job.following
                if self.first is None:
                    self.last = None
            return job


def setup() -> Queue:
    return Queue()


def work(queue: Queue) -> None:
    for name in "ab":
        queue.put(Job(name))
        job = queue.get()
        if job is not None:
            queue.taken.append(job.name)


WORKERS = [work, work]


def check(queue: Queue) -> bool:
    return sorted(queue.taken) == ["a", "a", "b", "b"]
