"""Two accounts may be drawn on as long as both together have enough: each step alone is locked."""

from __future__ import annotations

import threading

EXPECT = {"atomicity-violation"}
MAX_SCHEDULES = 100
EACH_ONCE = True


class Accounts:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.current = 60
        self.savings = 60

    def total(self) -> int:
        with self.lock:
            return self.current + self.savings

    def draw_from_current(self) -> None:
        if self.total() >= 100:
            with self.lock:
                self.current -= 100

    def draw_from_savings(self) -> None:
        if self.total() >= 100:
            with self.lock:
                self.savings -= 100


def setup() -> Accounts:
    return Accounts()


WORKERS = [Accounts.draw_from_current, Accounts.draw_from_savings]
