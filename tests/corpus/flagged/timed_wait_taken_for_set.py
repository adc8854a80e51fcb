"""A wait with a timeout returns, and the value is used without asking why it did."""

from __future__ import annotations

import threading

EXPECT = {"thread-exception"}
MAX_SCHEDULES = 200
SEQUENTIAL = False


class Answer:
    def __init__(self) -> None:
        self.arrived = threading.Event()
        self.text: str | None = None

    def give(self) -> None:
        self.text = "yes"
        self.arrived.set()

    def use(self) -> None:
        self.arrived.wait(timeout=0.5)
        assert self.text is not None


def setup() -> Answer:
    return Answer()


WORKERS = [Answer.give, Answer.use]
