"""Whoever finds that the permit is held gives it back, and then says so: two find it, and there is
one permit too many.
"""

from __future__ import annotations

import threading

EXPECT = {"nonserializable-outcome"}
MAX_SCHEDULES = 50


class Gate:
    def __init__(self) -> None:
        self.permits = threading.Semaphore(1)
        self.permits.acquire()
        self.is_held = True

    def close(self) -> None:
        if self.is_held:
            self.permits.release()
            self.is_held = False


def setup() -> Gate:
    return Gate()


WORKERS = [Gate.close, Gate.close]
