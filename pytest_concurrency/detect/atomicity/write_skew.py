"""Write skew: each of two threads writes by what it has found where the other one writes meanwhile.

Databases call it so (Berenson et al., "A Critique of ANSI SQL Isolation Levels", SIGMOD 1995, A5B):
both look whether enough is left on two accounts together, and each draws from another one. At no
location is there a pattern of its own; it takes two reads that were overtaken, one by each thread,
and each of which has decided what its thread wrote.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from pytest_concurrency.detect.atomicity.check_then_act import ActedLate
from pytest_concurrency.runtime.trace.event import Log, location, operation, thread_of
from pytest_concurrency.runtime.trace.operations import READ, WRITE
from pytest_concurrency.runtime.trace.resource import Location, overlap

_MOST_OVERTAKEN = 200
"""Reads that another thread has overtaken: an execution with more is not looked at."""


class Skew(NamedTuple):
    """What the one thread did by what it had found, and what the other one did. The write of the
    second is what overtakes the first one's read, and the other way round.
    """

    late: ActedLate
    early: ActedLate


def skews(log: Log, touched: Mapping[Location, Sequence[int]]) -> Iterator[Skew]:
    """Yield where two threads may have written by what the other one was about to change."""
    overtaken: dict[tuple[int, int], list[tuple[int, int]]] = {}
    number = 0
    for indices in touched.values():
        for reader, read, write in _overtaken(log, indices):
            overtaken.setdefault((reader, thread_of(log[write])), []).append((read, write))
            number += 1
            if number > _MOST_OVERTAKEN:
                return
    for (one, other), found in overtaken.items():
        for read, foreign in found:
            for other_read, write in overtaken.get((other, one), ()):
                is_late = read < foreign < write and other_read < foreign
                if is_late and not overlap(location(log[read]), location(log[other_read])):
                    late = ActedLate(read, foreign, write)
                    yield Skew(late, ActedLate(other_read, write, foreign))


def _overtaken(log: Log, indices: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Yield the readers of one location, and when each read last before another one wrote."""
    if len(indices) < 2:
        return
    reads: dict[int, int] = {}
    for index in indices:
        thread = thread_of(log[index])
        if operation(log[index]) == READ:
            reads[thread] = index
        elif operation(log[index]) == WRITE:
            yield from ((reader, read, index) for reader, read in reads.items() if reader != thread)
            reads.clear()
