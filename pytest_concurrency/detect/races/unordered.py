"""Data races: two accesses of one location, one of them a write, that nothing orders.

An access to a name is one step in Python, and what it reads is what somebody has written, whole:
that two of them race is no damage by itself. So more orders them than in "FastTrack: Efficient and
Precise Dynamic Race Detection" (Flanagan and Freund, PLDI 2009), whose vector clocks these are: who
reads a location knows what whoever wrote there had done before, as with a ``volatile`` of Java or a
``std::atomic``. What is published by a flag, a list or an attribute does not race; the flag does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pytest_concurrency.detect.lost_update import lost_updates
from pytest_concurrency.detect.observation import Observation
from pytest_concurrency.runtime.trace.event import (
    Log,
    names_attribute,
    operation,
    rows,
    thread_of,
)
from pytest_concurrency.runtime.trace.happens_before import Clocks
from pytest_concurrency.runtime.trace.operations import (
    MAY_WRITE,
    ONLY_READ,
    READ,
    WRITE,
)
from pytest_concurrency.runtime.trace.resource import WHOLE, Location
from pytest_concurrency.runtime.trace.synchronisation import Noted


class Race(NamedTuple):
    """The two accesses, as indices into the log."""

    first: int
    second: int


def races(observation: Observation) -> Iterator[Race]:
    """Yield for each attribute, global or variable that threads race for the first two accesses
    that do.
    """
    log = observation.execution.log
    shared = {
        place
        for place, indices in observation.touched.items()
        if len(indices) > 1 and place[1] is not WHOLE and _is_contended(log, indices)
    }
    if shared:
        yield from _unordered(log, observation.execution.noted, shared)


def _is_contended(log: Log, indices: Sequence[int]) -> bool:
    return (
        names_attribute(log[indices[0]])
        and any(operation(log[n]) == WRITE for n in indices)
        and len({thread_of(log[n]) for n in indices}) > 1
    )


def _unordered(log: Log, noted: Sequence[Noted], shared: set[Location]) -> Iterator[Race]:
    clocks = Clocks()
    met = iter([*noted, None])
    next_met = next(met)
    latest: dict[Location, dict[tuple[int, bool], tuple[int, int]]] = {}
    """By location, thread, and whether it wrote: when it did so last, and by which event."""
    for index, (thread, _, resource, part, op) in enumerate(rows(log)):
        while next_met is not None and next_met[0] <= index:
            _, who, _, where, which, how = next_met
            clocks.meet(who, (where, which), how)
            next_met = next(met)
        place = (resource, part)
        clock = clocks.of(thread)
        if place in shared and op in (READ, WRITE):
            accesses = latest.setdefault(place, {})
            for (other, wrote), (sent, event) in accesses.items():
                if other != thread and (wrote or op == WRITE) and sent > clock.get(other, 0):
                    yield Race(event, index)
                    shared.discard(place)
                    break
            accesses[thread, op == WRITE] = (clock[thread], index)
        if op in ONLY_READ or (op in MAY_WRITE and op != WRITE):
            clocks.receive(thread, place)
            clocks.receive(thread, (resource, WHOLE))
        if op in MAY_WRITE:
            clocks.send(thread, place)
            if part is not WHOLE:
                clocks.send(thread, (resource, WHOLE))


class Overtaken(NamedTuple):
    """The read and the write of one thread, in one critical section, and the write of another one
    between them, as indices into the log.
    """

    read: int
    foreign_write: int
    write: int


def overtaken(observation: Observation) -> Iterator[Overtaken]:
    """Yield where a thread has written what another one was about to update under a lock, and held
    no lock of that one's.
    """
    execution, held = observation.execution, observation.locks_held
    if not held.is_any_taken:
        return
    for found in lost_updates(execution.log, execution.marks):
        if found.flows:
            before, after = held.taken(found.read), held.taken(found.write)
            locks = {lock for lock, taken in before.items() if after.get(lock) == taken}
            if locks and locks.isdisjoint(held[found.foreign_write]):
                yield Overtaken(found.read, found.foreign_write, found.write)


def is_unprotected(observation: Observation, race: Race) -> bool:
    """Whether the one access holds a lock, and the other one, a write, holds none of its locks."""
    log, held = observation.execution.log, observation.locks_held
    return any(
        held[one] and held[one].isdisjoint(held[other]) and operation(log[other]) == WRITE
        for one, other in (race, race[::-1])
    )
