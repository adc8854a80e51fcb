"""The first job of a heap is looked at and popped under one lock."""

import heapq
import threading


class Jobs:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.waiting = [(1, "mail"), (9, "invoice")]
        self.done: list[str] = []

    def run_what_is_due(self) -> None:
        with self.lock:
            if self.waiting[0][0] > 5:
                return
            _, name = heapq.heappop(self.waiting)
        self.done.append(name)


def setup() -> Jobs:
    return Jobs()


WORKERS = [Jobs.run_what_is_due, Jobs.run_what_is_due]


def check(jobs: Jobs) -> bool:
    return jobs.done == ["mail"]
