"""The programs that are explored: plain classes, nothing in them knows a tool."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


class Counter:
    """The textbook race: two accesses an increment."""

    def __init__(self) -> None:
        self.value = 0

    def increment(self) -> None:
        t = self.value
        self.value = t + 1

    def increment_often(self) -> None:
        for _ in range(9):
            t = self.value
            self.value = t + 1

    def increment_very_often(self) -> None:
        for _ in range(250):
            t = self.value
            self.value = t + 1


@dataclass(frozen=True)
class Program:
    """What is explored: ``threads`` threads run ``worker`` on one fresh counter."""

    title: str
    threads: int
    worker: Callable[[Counter], None]
    executions: int
    """How many are measured at a time."""
    peer_executions: int
    """The same for the peer: about as long."""
    is_small: bool = False
    """Whether it has fewer schedules than that."""


def never_fails(state: Counter) -> bool:
    """Judge an execution, so that the search goes on to the end."""
    return state.value > 0


PROGRAMS = {
    "counter": Program("counter, 2 threads", 2, Counter.increment, 3000, 60, True),
    "accesses-36": Program("36 accesses, 2 threads", 2, Counter.increment_often, 1000, 30),
    "threads-3": Program("counter, 3 threads", 3, Counter.increment, 2000, 50, True),
    "threads-8": Program("counter, 8 threads", 8, Counter.increment, 1000, 30),
    "accesses-1000": Program("1000 accesses, 2 threads", 2, Counter.increment_very_often, 200, 4),
}


READS = 5000


def read_often(counter: Counter) -> None:
    """Read one attribute ``READS`` times."""
    for _ in range(READS):
        _ = counter.value
