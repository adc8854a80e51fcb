"""Two accounts are drawn on as long as both together have enough, which is asked again locked."""

from __future__ import annotations

import threading

EACH_ONCE = True


class Accounts:
    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.current = 60
        self.savings = 60

    def total(self) -> int:
        with self.lock:
            return self.current + self.savings

    def draw_from_current(self) -> None:
        if self.total() >= 100:
            with self.lock:
                if self.total() >= 100:
                    self.current -= 100

    def draw_from_savings(self) -> None:
        if self.total() >= 100:
            with self.lock:
                if self.total() >= 100:
                    self.savings -= 100


def setup() -> Accounts:
    return Accounts()


WORKERS = [Accounts.draw_from_current, Accounts.draw_from_savings]
