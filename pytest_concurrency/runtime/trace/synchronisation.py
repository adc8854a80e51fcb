"""All that happened in an execution, in order: what threads were about to do, and how they met.

The log has what comes after a scheduling point. What has taken place without one (a lock was taken,
a thread has ended) is noted apart, with the length that the log had: readers of the log need not
know of it, and what two executions are compared by does not depend on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pytest_concurrency.runtime.trace.event import Event, Log, access, resource_of, site_number
from pytest_concurrency.runtime.trace.resource import THREAD, Resource
from pytest_concurrency.runtime.trace.sites import INTERNAL

Noted = tuple[int, int, int, Resource, Any, str]
"""How many events of the log come before a synchronisation; its thread, site, resource, part and
operation."""


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
