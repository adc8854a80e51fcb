"""A consumer says task_done() before it has done the task: join() returns too early."""

from __future__ import annotations

import queue

EXPECT = {"thread-exception"}
MAX_SCHEDULES = 200
SEQUENTIAL = False


class Printer:
    def __init__(self) -> None:
        self.jobs: queue.Queue[str] = queue.Queue()
        self.printed: list[str] = []

    def print_one(self) -> None:
        job = self.jobs.get()
        self.jobs.task_done()
        self.printed.append(job)

    def order(self) -> None:
        self.jobs.put("page")
        self.jobs.join()
        assert self.printed == ["page"]


def setup() -> Printer:
    return Printer()


WORKERS = [Printer.print_one, Printer.order]
