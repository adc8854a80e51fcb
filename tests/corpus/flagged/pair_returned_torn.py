"""A range is moved under a lock; who reads both ends without it may get one of each."""

import threading

EXPECT = {"atomicity-violation"}
MAX_SCHEDULES = 100


class Range:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.low = 0
        self.high = 9

    def move(self) -> None:
        with self.lock:
            self.low = 10
            self.high = 19

    def ends(self) -> tuple[int, int]:
        return self.low, self.high


def setup() -> Range:
    return Range()


WORKERS = [Range.move, Range.ends]
