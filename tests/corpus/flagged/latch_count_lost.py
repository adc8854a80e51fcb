"""A latch counts down without a lock: one count is lost, and the waiting thread stays."""

import threading

EXPECT = {"deadlock", "lost-update"}
MAX_SCHEDULES = 100
SEQUENTIAL = False


class Latch:
    def __init__(self) -> None:
        self.left = 2
        self.opened = threading.Event()

    def count_down(self) -> None:
        self.left -= 1
        if self.left == 0:
            self.opened.set()

    def wait(self) -> None:
        self.opened.wait()


def setup() -> Latch:
    return Latch()


WORKERS = [Latch.wait, Latch.count_down, Latch.count_down]
