"""Whoever asks gets how many there are, if there are any: what it gets is looked up anew, and may
be none.
"""

from __future__ import annotations

import threading

EXPECT = {"stale-read"}
MAX_SCHEDULES = 200


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

    def some(self) -> int | None:
        if self.remaining() > 0:
            return self.remaining()
        return None


def setup() -> Jobs:
    return Jobs()


WORKERS = [Jobs.work, Jobs.some]
EACH_ONCE = True
