"""A wait with a timeout, in a loop that asks why it returned."""

from __future__ import annotations

import threading

SEQUENTIAL = False


class Answer:
    def __init__(self) -> None:
        self.arrived = threading.Event()
        self.text: str | None = None

    def give(self) -> None:
        self.text = "yes"
        self.arrived.set()

    def use(self) -> None:
        while not self.arrived.wait(timeout=0.05):
            pass
        assert self.text is not None


def setup() -> Answer:
    return Answer()


WORKERS = [Answer.give, Answer.use]
