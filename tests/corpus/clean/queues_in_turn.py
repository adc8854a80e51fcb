"""Two threads talk through queues with one place: who sends waits for the answer."""

from __future__ import annotations

import queue

SEQUENTIAL = False


class Line:
    def __init__(self) -> None:
        self.there: queue.Queue[int] = queue.Queue(maxsize=1)
        self.back: queue.Queue[int] = queue.Queue(maxsize=1)


def setup() -> Line:
    return Line()


def ask(line: Line) -> None:
    for number in range(2):
        line.there.put(number)
        assert line.back.get() == number + 1


def answer(line: Line) -> None:
    for _ in range(2):
        line.back.put(line.there.get() + 1)


WORKERS = [ask, answer]
