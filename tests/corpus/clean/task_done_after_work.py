"""A consumer says task_done() when it is: join() means that all is printed."""

from __future__ import annotations

import queue

SEQUENTIAL = False


class Printer:
    def __init__(self) -> None:
        self.jobs: queue.Queue[str] = queue.Queue()
        self.printed: list[str] = []

    def print_one(self) -> None:
        job = self.jobs.get()
        self.printed.append(job)
        self.jobs.task_done()

    def order(self) -> None:
        self.jobs.put("page")
        self.jobs.join()
        assert self.printed == ["page"]


def setup() -> Printer:
    return Printer()


WORKERS = [Printer.print_one, Printer.order]
