"""A range is moved, and both of its ends are read, under one lock."""

import threading


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
        with self.lock:
            return self.low, self.high


def setup() -> Range:
    return Range()


WORKERS = [Range.move, Range.ends]
