"""Check-then-act: a thread writes by what it has found, although that has changed since.

In an execution's log it is the pattern *read by A, write by B, write by A* on one location, where
what A read decides that it writes: two of the four unserialisable interleavings of "AVIO: Detecting
Atomicity Violations via Access Interleaving Invariants" (Lu, Tucek, Qin, Zhou, ASPLOS 2006) begin
so. What A writes may be made of the location as it is then (`if n >= k: n -= k`): what it has read
for that only decides nothing. That the first read decides is not predicted but tried: the same
events are executed with B's write before A's read, and there A does not write.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from itertools import islice
from typing import NamedTuple

from pytest_concurrency.detect.atomicity.joint import come_together
from pytest_concurrency.detect.atomicity.states import Made, makes
from pytest_concurrency.detect.cause.flips import orders
from pytest_concurrency.detect.conflicts import Conflict
from pytest_concurrency.detect.detector import Again
from pytest_concurrency.detect.effects import NOT_KNOWN, Content, Contents
from pytest_concurrency.detect.observation import Observation
from pytest_concurrency.instrument.analysis.handing import Function
from pytest_concurrency.real_time import monotonic
from pytest_concurrency.runtime.system.frames import Stack
from pytest_concurrency.runtime.trace.event import (
    Log,
    location,
    operation,
    part_of,
    resource_of,
    rows,
    site_number,
    thread_and_site,
    thread_of,
)
from pytest_concurrency.runtime.trace.operations import MAY_WRITE, READ, WRITE
from pytest_concurrency.runtime.trace.resource import WHOLE, Location, Resource, overlap
from pytest_concurrency.runtime.trace.sites import SITES

_EXECUTIONS = 8
"""Executions that putting B's write before A's read may take."""
_NONE = ("NoneType", None)
_LONGER = 3
_SHORTEST_LIMIT = 200
"""How many scheduling points such an execution may have: times as many as the first, or so many."""


class ActedLate(NamedTuple):
    """The three events of the pattern, as indices into the log."""

    read: int
    foreign_write: int
    write: int


def sites_of(log: Log, found: ActedLate) -> tuple[int, int]:
    """Return the sites of A's read and write."""
    return (site_number(log[found.read]), site_number(log[found.write]))


def acted_late(log: Log, touched: Mapping[Location, Sequence[int]]) -> Iterator[ActedLate]:
    """Yield where a thread may have written by what it had read before another one wrote."""
    for indices in _overlapping(log, touched):
        if len(indices) < 3:
            continue
        events = [log[index] for index in indices]
        if len(set(map(thread_of, events))) < 2:
            continue
        read: dict[int, int] = {}
        stale: dict[int, int] = {}
        read_anew: dict[int, tuple[int, int]] = {}
        for index, (thread, _, _, _, op) in zip(indices, rows(events), strict=True):
            if op == READ:
                if thread in stale:
                    read_anew[thread] = (read[thread], stale.pop(thread))
                read[thread] = index
            elif op == WRITE:
                if thread in stale:
                    yield ActedLate(read[thread], stale[thread], index)
                elif thread in read_anew and _is_in(log, read[thread], index):
                    yield ActedLate(*read_anew[thread], index)
                for each in (read, stale, read_anew):
                    each.pop(thread, None)
                for other in read:
                    stale[other] = index


def in_doubt(observation: Observation) -> Set[Resource]:
    """Return the objects whose states will tell whether a thread has written by what had changed
    meanwhile.
    """
    log = observation.execution.log
    return {resource_of(log[found.write]) for found in acted_late(log, observation.touched)}


def _is_in(log: Log, read: int, write: int) -> bool:
    """Whether what was read is in what was written, as the source says."""
    return site_number(log[read]) in SITES[site_number(log[write])].flows


def _overlapping(log: Log, touched: Mapping[Location, Sequence[int]]) -> Iterator[Sequence[int]]:
    """Yield what is done at each location, with the writes to what overlaps with it: a container as
    a whole is all its items.
    """
    wholes: dict[Resource, list[int]] = {}
    items: dict[Resource, list[int]] = {}
    for (resource, part), indices in touched.items():
        if (resource, WHOLE) in touched:
            writes = (index for index in indices if operation(log[index]) == WRITE)
            (wholes if part is WHOLE else items).setdefault(resource, []).extend(writes)
    for (resource, part), indices in touched.items():
        others = (items if part is WHOLE else wholes).get(resource)
        yield sorted([*indices, *others]) if others else indices


def is_decided(stacks: Sequence[Stack], log: Log, found: ActedLate) -> bool:
    """Whether, where the two accesses come together, what the first gave decides whether the second
    takes place, as the source says.
    """
    return _decides(stacks, log, found.read, found.write) and not any(
        _decides(stacks, log, again, found.write) or not _is_in(log, again, found.write)
        for again in _looks_again(log, found)
    )


def _decides(stacks: Sequence[Stack], log: Log, read: int, write: int) -> bool:
    return come_together(log, stacks, read, write, Function.decides_at)


def _looks_again(log: Log, found: ActedLate) -> Iterator[int]:
    """Yield where the thread has read what the other one wrote."""
    wanted = (thread_of(log[found.read]), READ, location(log[found.foreign_write]))
    for index in range(found.foreign_write, found.write):
        event = log[index]
        if (thread_of(event), operation(event), location(event)) == wanted:
            yield index


def has_changed(observation: Observation, found: ActedLate) -> bool:
    """Whether the write has made a difference to what was there, and that was not what had been
    read.
    """
    log, contents = observation.execution.log, observation.contents
    read, foreign_write, write = (location(log[index]) for index in found)
    if read == foreign_write == write:
        has_come = not _is_alike(contents[found.read][0], contents[found.write][0], write)
    else:
        has_come = not _is_alike(*contents[found.foreign_write], foreign_write)
    after = contents[found.write][1]
    return (
        has_come
        and after != NOT_KNOWN
        and (not _is_alike(*contents[found.write], write) or _is_another(observation, found))
    )


def _is_another(observation: Observation, found: ActedLate) -> bool:
    """Whether nothing had been found, and the write puts another object, made by it, in the place
    of the first one: one that is to be filled, or that was to be made once, under a lock.
    """
    contents = observation.contents
    before, after = contents[found.write]
    is_first = contents[found.read][1].value in (None, _NONE)
    if not is_first or not before.identity or before.is_same_object(after):
        return False
    made = makes(site_number(observation.execution.log[found.write]))
    held = observation.locks_held
    return made is Made.TO_BE_FILLED or (
        made is Made.BY_CALL and not held[found.read] and bool(held[found.write])
    )


def was_undone(log: Log, contents: Contents, found: ActedLate) -> bool:
    """Whether A has put back what it had overwritten before anybody else wrote: it has looked only
    then.
    """
    before, where = contents[found.write][0], location(log[found.write])
    for index in range(found.write + 1, len(log)):
        event = log[index]
        if operation(event) in MAY_WRITE and overlap(location(event), where):
            if thread_of(event) != thread_of(log[found.write]):
                return False
            if _is_alike(before, contents[index][1], where):
                return True
    return False


def _is_alike(one: Content, other: Content, where: Location) -> bool:
    """Whether there is nothing to tell them apart: another state, or another object."""
    if one == other or one.is_like(other):
        return True
    # What becomes of a container as a whole is no other object.
    return where[1] is not WHOLE and one.is_same(other)


def would_not_have_written(
    observation: Observation, found: ActedLate, again: Again
) -> Observation | None:
    """Execute the same with B's write before A's read; return what shows that A does not write
    then, and that nothing fails.
    """
    execution = observation.execution
    log = execution.log
    limit = min(again.limit, _LONGER * execution.steps + _SHORTEST_LIMIT)
    conflict = Conflict(found.read, found.foreign_write)
    noted = execution.noted
    plans = (plan for far in (False, True) for plan in orders(log, noted, [[conflict]], far=far))
    for plan in islice(plans, _EXECUTIONS):
        if monotonic() > again.deadline:
            break
        after = again.in_order_of(plan, limit)
        passes = after.failure is None and not after.execution.outcome
        if passes and _came_first(log, after.execution.log, found):
            if _is_done(log, after.execution.log, found.write):
                return None
            after = again.in_order_of(plan, limit, record=True)
            return None if _comes_to_the_same(observation, after, found) else after
    return None


def _comes_to_the_same(observation: Observation, after: Observation, found: ActedLate) -> bool:
    """Whether A writes what it had written, only elsewhere in the source."""
    event = observation.execution.log[found.write]
    written = observation.contents[found.write][1]
    return any(
        thread_of(other) == thread_of(event)
        and operation(other) == WRITE
        and part_of(other) == part_of(event)
        and _is_alike(written, content, location(event))
        for other, (_, content) in zip(after.execution.log, after.contents, strict=False)
    )


def _came_first(log: Log, other: Log, found: ActedLate) -> bool:
    """Whether, in the other execution, B's write comes before A's read."""
    write, read = (_when(log, other, each) for each in (found.foreign_write, found.read))
    return write is not None and read is not None and write < read


def _is_done(log: Log, other: Log, index: int) -> bool:
    return _when(log, other, index) is not None


def _when(log: Log, other: Log, index: int) -> int | None:
    """Return when what a thread does at a site for the first, second, ... time in the one execution
    is done in the other one; None if it is not.
    """
    same = thread_and_site(log[index])
    number = sum(thread_and_site(event) == same for event in log[:index])
    times = (when for when, event in enumerate(other) if thread_and_site(event) == same)
    return next(islice(times, number, None), None)
