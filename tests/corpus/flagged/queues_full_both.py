"""Two threads send to each other through queues with one place, and read afterwards."""

from __future__ import annotations

import queue

EXPECT = {"deadlock"}
MAX_SCHEDULES = 100
SEQUENTIAL = False


class Line:
    def __init__(self) -> None:
        self.there: queue.Queue[int] = queue.Queue(maxsize=1)
        self.back: queue.Queue[int] = queue.Queue(maxsize=1)


def setup() -> Line:
    return Line()


def talk(own: queue.Queue[int], other: queue.Queue[int]) -> None:
    for number in range(2):
        other.put(number)
    for number in range(2):
        assert own.get() == number


def one(line: Line) -> None:
    talk(line.there, line.back)


def two(line: Line) -> None:
    talk(line.back, line.there)


WORKERS = [one, two]
