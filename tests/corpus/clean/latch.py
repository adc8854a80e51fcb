"""A latch: who waits goes on when all have counted down."""

import threading

SEQUENTIAL = False


class Latch:
    def __init__(self) -> None:
        self.left = 2
        self.condition = threading.Condition()
        self.done: list[str] = []

    def count_down(self) -> None:
        with self.condition:
            self.done.append("one")
            self.left -= 1
            if self.left == 0:
                self.condition.notify_all()

    def wait(self) -> None:
        with self.condition:
            while self.left:
                self.condition.wait()
        assert self.done == ["one", "one"]


def setup() -> Latch:
    return Latch()


WORKERS = [Latch.wait, Latch.count_down, Latch.count_down]
