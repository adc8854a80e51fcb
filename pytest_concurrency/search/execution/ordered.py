"""Which locations threads race for, and which a lock orders in this execution.

A program without races need be interrupted only where its threads synchronise: whatever else they
do in between comes to the same as if they had done it in one go. So an access that locks order in
every execution so far is no choice of a search; once an execution shows it to race, it is one from
then on (Musuvathi and Qadeer, "CHESS: Systematic Stress Testing of Concurrent Software", 2007).

Only what is a choice itself may order: the locks that the program takes, where several threads do
so; starts and ends of threads come in no other order. What the standard library locks inside is no
scheduling point, and orders nothing here; nor does it count who has seen which value.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from sys import maxsize
from typing import Any

from pytest_concurrency.runtime.trace.event import Log, rows
from pytest_concurrency.runtime.trace.happens_before import Clocks
from pytest_concurrency.runtime.trace.operations import (
    LOOK,
    ONLY_READ,
    OPERATIONS,
    STEP,
    SYNCHRONISE,
)
from pytest_concurrency.runtime.trace.resource import THREAD, WHOLE, Location, Resource
from pytest_concurrency.runtime.trace.sites import INTERNAL
from pytest_concurrency.runtime.trace.synchronisation import Noted

_MOST_EVENTS = 20_000
"""Events of an execution that is asked for its order; in longer ones everything counts as a race.
"""
_NOTHING_MORE: Noted = (maxsize, 0, 0, 0, WHOLE, "")


def racing(
    log: Log,
    noted: Sequence[Noted],
    places: Collection[Location],
    locks: Collection[Resource],
) -> set[Location]:
    """Return those of ``places`` that two threads touch, one of them writing, with nothing between
    that orders them. ``locks``: what several threads synchronise at.

    The part of a place is ``WHOLE`` where its object counts as one location.
    """
    left = set(places)
    if not left or len(log) + len(noted) > _MOST_EVENTS:
        return left
    resources = {resource for resource, _ in left}
    clocks = Clocks()
    latest: dict[Location, dict[tuple[int, bool], int]] = {}
    for thread, resource, part, op in _in_order(log, noted, resources, locks):
        if op in SYNCHRONISE:
            _meet(clocks, thread, (resource, part), op)
            continue
        place = (resource, part)
        if place not in left:
            place = (resource, WHOLE)
            if place not in left:
                continue
        clock, writes = clocks.of(thread), op not in ONLY_READ
        accesses = latest.setdefault(place, {})
        for (other, wrote), sent in accesses.items():
            if other != thread and (wrote or writes) and sent > clock.get(other, 0):
                left.discard(place)
                break
        accesses[thread, writes] = clock[thread]
    return set(places) - left


def _in_order(
    log: Log,
    noted: Sequence[Noted],
    resources: Collection[Resource],
    locks: Collection[Resource],
) -> Iterator[tuple[int, Resource, Any, str]]:
    """Yield what is done at these resources, and how threads meet: thread, location, operation."""
    met = (
        each
        for each in noted
        if (each[3] == THREAD)
        or (each[3] in locks and each[2] != INTERNAL)
        or (each[5] in (STEP, LOOK) and each[3] in resources)
    )
    upcoming = next(met, _NOTHING_MORE)
    for index, (thread, _, resource, part, op) in enumerate(rows(log)):
        while upcoming[0] <= index:
            yield upcoming[1], upcoming[3], upcoming[4], upcoming[5]
            upcoming = next(met, _NOTHING_MORE)
        if resource in resources:
            yield thread, resource, part, op
    while upcoming is not _NOTHING_MORE:
        yield upcoming[1], upcoming[3], upcoming[4], upcoming[5]
        upcoming = next(met, _NOTHING_MORE)


def _meet(clocks: Clocks, thread: int, place: Location, op: str) -> None:
    effect = OPERATIONS[op]
    if effect.receives:
        clocks.receive(thread, place)
    if effect.sends:
        clocks.send(thread, place)
