"""Two values are read by one call and written by others under a lock."""

import threading


class Range:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.low, self.high = 0, 10

    def bounds(self) -> tuple[int, int]:
        return self.low, self.high

    def set_low(self, low: int) -> None:
        self.low = low

    def set_high(self, high: int) -> None:
        self.high = high

    def shift(self) -> None:
        with self.lock:
            low, high = self.bounds()
            self.set_low(low + 1)
            self.set_high(high + 1)


def setup() -> Range:
    return Range()


WORKERS = [Range.shift, Range.shift]
