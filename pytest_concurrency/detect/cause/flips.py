"""Other orders of the events of an execution, each meant to flip one of its conflicts and as few
others as can be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pytest_concurrency.detect.conflicts import Conflict
from pytest_concurrency.runtime.trace.event import Event, Log, operation, resource_of, thread_of
from pytest_concurrency.runtime.trace.operations import ACQUIRE, RELEASE
from pytest_concurrency.runtime.trace.resource import Resource
from pytest_concurrency.runtime.trace.synchronisation import Noted, merged, takes_up_work

_OUTER_HOLDS = 3
"""Locks around an access that are tried to be taken later, from the inside out."""


def orders(
    log: Log, noted: Sequence[Noted], alike: Iterable[Sequence[Conflict]], *, far: bool
) -> Iterator[list[Event]]:
    """Yield the events in other orders, for each group of conflicts that look alike; ``far``: with
    all that the thread of the second does afterwards. Among them is where threads take up work, so
    that each gets the job that it has had.
    """
    plan, places = _with_work(log, noted)
    last = {thread_of(event): index for index, event in enumerate(plan)}
    seen: set[tuple[int, ...]] = set()
    for conflicts in alike:
        wide = Conflict(conflicts[0].first, conflicts[-1].second)
        for first, second in dict.fromkeys((conflicts[-1], wide)):
            conflict = Conflict(places[first], places[second])
            for start in _starts(plan, conflict):
                end = last[thread_of(plan[conflict.second])] if far else conflict.second
                for order in (_moved(plan, start, end), _delayed(plan, start, end)):
                    if order not in seen:
                        seen.add(order)
                        yield [plan[index] for index in order]


def _with_work(log: Log, noted: Sequence[Noted]) -> tuple[list[Event], list[int]]:
    """Return the events and, in between, where threads take up work; and where in that list each
    event of the log is.
    """
    plan = list(merged(log, [each for each in noted if takes_up_work(each[1:])]))
    return plan, [index for index, event in enumerate(plan) if not takes_up_work(event)]


def _starts(log: Log, conflict: Conflict) -> Iterator[int]:
    """Yield the access, and where its thread has taken the locks that it holds there."""
    yield conflict.first
    thread = thread_of(log[conflict.first])
    held = _held_at(log, conflict.first, thread)
    yield from reversed(held[-_OUTER_HOLDS:])


def _held_at(log: Log, index: int, thread: int) -> list[int]:
    """Return when a thread has taken the locks that it holds."""
    taken: dict[Resource, list[int]] = {}
    for when in range(index):
        if thread_of(log[when]) != thread:
            continue
        op = operation(log[when])
        if op == ACQUIRE:
            taken.setdefault(resource_of(log[when]), []).append(when)
        elif op == RELEASE and taken.get(resource_of(log[when])):
            taken[resource_of(log[when])].pop()
    return sorted(when for each in taken.values() for when in each)


def _moved(log: Log, start: int, end: int) -> tuple[int, ...]:
    """Return the order in which the thread of the event at ``end`` comes up to there before
    ``start``.
    """
    mine, others = _parted(log, start, end, thread_of(log[end]))
    return (*range(start), *mine, *others, *range(end + 1, len(log)))


def _delayed(log: Log, start: int, end: int) -> tuple[int, ...]:
    """Return the order in which the thread of the event at ``start`` goes on from there after
    ``end``; what other threads do stays as it was among them.
    """
    mine, others = _parted(log, start, end, thread_of(log[start]))
    return (*range(start), *others, *mine, *range(end + 1, len(log)))


def _parted(log: Log, start: int, end: int, thread: int) -> tuple[list[int], list[int]]:
    parts: tuple[list[int], list[int]] = ([], [])
    for index in range(start, end + 1):
        parts[thread_of(log[index]) != thread].append(index)
    return parts
