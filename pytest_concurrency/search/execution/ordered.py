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

from collections.abc import Collection, Sequence, Set

from pytest_concurrency.runtime.trace.event import Log, rows
from pytest_concurrency.runtime.trace.happens_before import Clocks
from pytest_concurrency.runtime.trace.operations import (
    LOOK,
    ONLY_READ,
    STEP,
    SYNCHRONISE,
)
from pytest_concurrency.runtime.trace.resource import THREAD, WHOLE, Location, Resource
from pytest_concurrency.runtime.trace.sites import INTERNAL
from pytest_concurrency.runtime.trace.synchronisation import Noted, merged

_MOST_EVENTS = 20_000
"""Events of an execution that is asked for its order; in longer ones everything counts as a race.
"""


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
    met = [each for each in noted if _may_order(each, resources, locks)]
    for thread, _, resource, part, op in rows(merged(log, met)):
        place = (resource, part)
        if op in SYNCHRONISE:
            clocks.meet(thread, place, op)
            continue
        if resource not in resources:
            continue
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


def _may_order(noted: Noted, resources: Set[Resource], locks: Collection[Resource]) -> bool:
    """Whether it is a meeting of threads that is a choice, or a step of a loop that reads there."""
    _, _, site, resource, _, op = noted
    if op in (STEP, LOOK):
        return resource in resources
    return resource == THREAD or (resource in locks and site != INTERNAL)
