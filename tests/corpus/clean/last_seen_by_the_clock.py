"""When something was seen last, and how long it took: times follow from no order."""

import time


class Door:
    def __init__(self) -> None:
        self.last_seen = 0.0
        self.longest = 0.0

    def enter(self) -> None:
        came = time.monotonic()
        self.last_seen = time.time()
        self.longest = time.monotonic() - came


def setup() -> Door:
    return Door()


WORKERS = [Door.enter, Door.enter]
