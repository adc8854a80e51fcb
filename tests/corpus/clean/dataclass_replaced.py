"""A frozen dataclass is replaced as a whole, under a lock, and read without one."""

import threading
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Timing:
    calls: int = 0
    seconds: float = 0.0


class Timer:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.timing = Timing()

    def add(self) -> None:
        with self.lock:
            seen = self.timing
            self.timing = replace(seen, calls=seen.calls + 1, seconds=seen.seconds + 2.0)

    def report(self) -> None:
        timing = self.timing
        assert timing.seconds == 2.0 * timing.calls


def setup() -> Timer:
    return Timer()


WORKERS = [Timer.add, Timer.report, Timer.add]


def check(timer: Timer) -> bool:
    return timer.timing == Timing(2, 4.0)
