"""Other orders of the events of an execution, each meant to flip one of its conflicts and as few
others as can be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pytest_concurrency.detect.conflicts import Conflict, Event
from pytest_concurrency.detect.lost_update import operation

_OUTER_HOLDS = 3
"""Locks around an access that are tried to be taken later, from the inside out."""


def orders(
    log: Sequence[Event], alike: Iterable[Sequence[Conflict]], *, far: bool
) -> Iterator[list[Event]]:
    """Yield the events in other orders, for each group of conflicts that look alike; ``far``: with
    all that the thread of the second does afterwards.
    """
    last = {event[0]: index for index, event in enumerate(log)}
    seen: set[tuple[int, ...]] = set()
    for conflicts in alike:
        wide = Conflict(conflicts[0].first, conflicts[-1].second)
        for conflict in dict.fromkeys((conflicts[-1], wide)):
            for start in _starts(log, conflict):
                end = last[log[conflict.second][0]] if far else conflict.second
                for order in (_moved(log, start, end), _delayed(log, start, end)):
                    if order not in seen:
                        seen.add(order)
                        yield [log[index] for index in order]


def _starts(log: Sequence[Event], conflict: Conflict) -> Iterator[int]:
    """Yield the access, and where its thread has taken the locks that it holds there."""
    yield conflict.first
    thread = log[conflict.first][0]
    held = _held_at(log, conflict.first, thread)
    yield from reversed(held[-_OUTER_HOLDS:])


def _held_at(log: Sequence[Event], index: int, thread: int) -> list[int]:
    """Return when a thread has taken the locks that it holds."""
    taken: dict[Any, list[int]] = {}
    for when in range(index):
        if log[when][0] != thread:
            continue
        op = operation(log[when])
        if op == "acquire":
            taken.setdefault(log[when][2], []).append(when)
        elif op == "release" and taken.get(log[when][2]):
            taken[log[when][2]].pop()
    return sorted(when for each in taken.values() for when in each)


def _moved(log: Sequence[Event], start: int, end: int) -> tuple[int, ...]:
    """Return the order in which the thread of the event at ``end`` comes up to there before
    ``start``.
    """
    between = range(start, end + 1)
    mine = [index for index in between if log[index][0] == log[end][0]]
    others = [index for index in between if log[index][0] != log[end][0]]
    return (*range(start), *mine, *others, *range(end + 1, len(log)))


def _delayed(log: Sequence[Event], start: int, end: int) -> tuple[int, ...]:
    """Return the order in which the thread of the event at ``start`` goes on from there after
    ``end``; what other threads do stays as it was among them.
    """
    between = range(start, end + 1)
    mine = [index for index in between if log[index][0] == log[start][0]]
    others = [index for index in between if log[index][0] != log[start][0]]
    return (*range(start), *others, *mine, *range(end + 1, len(log)))
