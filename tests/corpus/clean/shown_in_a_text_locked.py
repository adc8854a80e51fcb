"""A text says how many there are, if any: it looks twice, and shows what is there then."""

from __future__ import annotations

import threading


class Jobs:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.left = 2

    def work(self) -> None:
        for _ in range(2):
            with self.lock:
                self.left -= 1

    def remaining(self) -> int:
        with self.lock:
            return self.left

    def status(self) -> str:
        if self.remaining() > 0:
            return f"{self.remaining()} left"
        return "done"


def setup() -> Jobs:
    return Jobs()


WORKERS = [Jobs.work, Jobs.status]
EACH_ONCE = True
