"""Whoever changes the limits puts a new pair in place in one step; it is read without the lock."""

from threading import Lock


class Limits:
    def __init__(self) -> None:
        self.lock = Lock()
        self.pair = (0, 10)

    def widen(self, step: int) -> None:
        with self.lock:
            low, high = self.pair
            self.pair = (low - step, high + step)

    def width(self) -> int:
        low, high = self.pair
        return high - low


def setup() -> Limits:
    return Limits()


def widen(limits: Limits) -> None:
    limits.widen(1)


WORKERS = [widen, Limits.width]
