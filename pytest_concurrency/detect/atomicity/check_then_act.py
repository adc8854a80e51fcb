"""Check-then-act: a thread writes by what it has found, although that has changed since.

In an execution's log it is the pattern *read by A, write by B, write by A* on one location, where
what A read decides that it writes: two of the four unserialisable interleavings of "AVIO: Detecting
Atomicity Violations via Access Interleaving Invariants" (Lu, Tucek, Qin, Zhou, ASPLOS 2006) begin
so. That it decides is not predicted but tried: the same events are executed with B's write before
A's read, and there A does not write.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from pytest_concurrency.detect.cause.flips import orders
from pytest_concurrency.detect.conflicts import Conflict
from pytest_concurrency.detect.detector import Again
from pytest_concurrency.detect.effects import NOT_KNOWN, Contents
from pytest_concurrency.detect.observation import Observation
from pytest_concurrency.detect.through_calls import accessed, asked, between, called_in
from pytest_concurrency.instrument.analysis.handing import Function
from pytest_concurrency.real_time import monotonic
from pytest_concurrency.runtime.system.frames import Stack
from pytest_concurrency.runtime.trace.event import (
    Log,
    operation,
    site_number,
    thread_and_site,
    thread_of,
)
from pytest_concurrency.runtime.trace.operations import READ, WRITE
from pytest_concurrency.runtime.trace.resource import Location

_EXECUTIONS = 8
"""Executions that putting B's write before A's read may take."""
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
    for indices in touched.values():
        if len(indices) < 3:
            continue
        read: dict[int, int] = {}
        stale: dict[int, int] = {}
        for index in indices:
            thread, op = thread_of(log[index]), operation(log[index])
            if op == READ:
                read[thread] = index
                stale.pop(thread, None)
            elif op == WRITE:
                if thread in stale:
                    yield ActedLate(read[thread], stale[thread], index)
                read.pop(thread, None)
                stale.pop(thread, None)
                for other in read:
                    stale[other] = index


def is_decided(stacks: Sequence[Stack], log: Log, found: ActedLate) -> bool:
    """Whether, in the activation that has made, or called for, both accesses, what the first gave
    decides whether the second takes place, as its source says.
    """
    read, write = stacks[found.read], stacks[found.write]
    shared = between(read, write)
    if shared is None or _has_ended(log, stacks, found, shared):
        return False
    reading = _nodes(read, shared, site_number(log[found.read]))
    writing = _nodes(write, shared, site_number(log[found.write]))
    return any(
        function is other and function.decides_at(node, target)
        for function, node in reading
        for other, target in writing
    )


def _nodes(stack: Stack, shared: int, site: int) -> list[tuple[Function, ast.AST]]:
    """Return what the shared activation evaluates where its accesses are made."""
    if len(stack) == shared:
        return [*accessed(site)] or [*asked(site)]
    called = called_in(stack[-shared])
    return [] if called is None else [called]


def _has_ended(log: Log, stacks: Sequence[Stack], found: ActedLate, shared: int) -> bool:
    """Whether the shared activation had ended before the write: its frame is another one's."""
    thread, joint = thread_of(log[found.read]), stacks[found.read][-shared]
    return any(
        len(stacks[index]) < shared or stacks[index][-shared][:3] != joint[:3]
        for index in range(found.read, found.write)
        if thread_of(log[index]) == thread
    )


def has_changed(contents: Contents, found: ActedLate) -> bool:
    """Whether the write has made a difference to what was there, and that was not what had been
    read.
    """
    (before, after), (read, _) = contents[found.write], contents[found.read]
    if after == NOT_KNOWN or before.is_same(read) or before == read:
        return False
    return not (before.is_same(after) or before.is_like(after))


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
    plans = (plan for far in (False, True) for plan in orders(log, [[conflict]], far=far))
    for plan in islice(plans, _EXECUTIONS):
        if monotonic() > again.deadline:
            break
        after = again.in_order_of(plan, limit)
        passes = after.failure is None and not after.execution.outcome
        if passes and _came_first(log, after.execution.log, found):
            return None if _is_done(log, after.execution.log, found.write) else after
    return None


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
