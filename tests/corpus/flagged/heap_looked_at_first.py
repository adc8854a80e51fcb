"""The first job of a heap is due, so a job is popped; by then the first one is another, which is
not due yet.
"""

import heapq

EXPECT = {"atomicity-violation", "lost-update", "test-failure"}
MAX_SCHEDULES = 100


class Jobs:
    def __init__(self) -> None:
        self.waiting = [(1, "mail"), (9, "invoice")]
        self.done: list[str] = []

    def run_what_is_due(self) -> None:
        if self.waiting[0][0] <= 5:
            _, name = heapq.heappop(self.waiting)
            self.done.append(name)


def setup() -> Jobs:
    return Jobs()


WORKERS = [Jobs.run_what_is_due, Jobs.run_what_is_due]


def check(jobs: Jobs) -> bool:
    return jobs.done == ["mail"]
