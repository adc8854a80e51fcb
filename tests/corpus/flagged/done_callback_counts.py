"""Callbacks of futures run in whichever thread completes them, and count without a lock."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

EXPECT = {"lost-update", "test-failure"}
MAX_SCHEDULES = 200
SEQUENTIAL = False


class Progress:
    def __init__(self) -> None:
        self.done = 0

    def count(self, _: Future[int]) -> None:
        self.done += 1


def setup() -> Progress:
    return Progress()


def run_jobs(progress: Progress) -> None:
    with ThreadPoolExecutor(max_workers=2) as pool:
        for number in range(2):
            pool.submit(abs, number).add_done_callback(progress.count)


WORKERS = [run_jobs]


def check(progress: Progress) -> bool:
    return progress.done == 2
