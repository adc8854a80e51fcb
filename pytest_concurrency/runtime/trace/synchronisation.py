"""All that happened in an execution, in order: what threads were about to do, and how they met.

The log has what comes after a scheduling point. What has taken place without one (a lock was taken,
a thread has ended) is noted apart, with the length that the log had: readers of the log need not
know of it, and what two executions are compared by does not depend on it.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Any, Final

from pytest_concurrency.runtime.trace.event import (
    Event,
    Log,
    access,
    operation,
    resource_of,
    rows,
    site_number,
)
from pytest_concurrency.runtime.trace.operations import BEGIN, GOT, MAY_WRITE, STEP
from pytest_concurrency.runtime.trace.resource import THREAD, Resource
from pytest_concurrency.runtime.trace.sites import INTERNAL

Noted = tuple[int, int, int, Resource, Any, str]
"""How many events of the log come before a synchronisation; its thread, site, resource, part and
operation."""

_operation: Final = itemgetter(5)


def is_there(op: str, noted: Sequence[Noted]) -> bool:
    """Whether any thread has done that. Asked first of each new interleaving: it is quick."""
    return op in map(_operation, noted)


def merged(log: Log, noted: Sequence[Noted]) -> Iterator[Event]:
    """Yield the events of both in the order in which they happened."""
    start = 0
    for position, *event in noted:
        yield from log[start:position]
        start = position
        yield access(*event)
    yield from log[start:]


def is_inner(event: Event) -> bool:
    """Whether it is done to a lock or queue inside the standard library: that of a condition, an
    event, an executor."""
    return site_number(event) == INTERNAL and resource_of(event) != THREAD


def takes_up_work(event: Event) -> bool:
    """Whether a thread begins, or takes a job out of an executor's queue."""
    return site_number(event) == INTERNAL and operation(event) in (BEGIN, GOT)


def interleaving(log: Log, noted: Sequence[Noted]) -> int:
    """Return the same for executions that did the same in the same order. The steps of a loop are
    part of that as far as it goes through something that is written meanwhile.
    """
    if not is_there(STEP, noted):
        return hash(tuple(log))
    steps = [
        (thread, site, r, position) for position, thread, site, r, _, op in noted if op == STEP
    ]
    stepped = {resource for _, _, resource, _ in steps}
    written: dict[Resource, list[int]] = {}
    for index, (_, _, resource, _, op) in enumerate(rows(log)):
        if resource in stepped and op in MAY_WRITE:
            written.setdefault(resource, []).append(index)
    seen = [
        (thread, site, bisect(written[resource], position - 1))
        for thread, site, resource, position in steps
        if resource in written
    ]
    return hash((*log, *seen))
