"""An event of the log: a thread is about to touch a location, or to synchronise.

This module alone knows how an event is laid out. Only the helpers that rewritten source calls write
one out themselves (``access.py``, ``locks.py``): a call would cost more than the event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Any, Final

from pytest_concurrency.runtime.trace.operations import OPERATIONS, Effect
from pytest_concurrency.runtime.trace.resource import Location, Resource
from pytest_concurrency.runtime.trace.sites import SITES

Event = tuple[int, int, Resource, Any, str]
"""Thread, site, resource, part, operation. A bare tuple, since an execution makes one at each
access.
"""
Log = Sequence[Event]

thread_of: Final[Callable[[Event], int]] = itemgetter(0)
"""Return the index of the thread."""
site_number: Final[Callable[[Event], int]] = itemgetter(1)
"""Return the number of the site (``SITES``)."""
resource_of: Final[Callable[[Event], Resource]] = itemgetter(2)
"""Return what the location belongs to."""
part_of: Final[Callable[[Event], Any]] = itemgetter(3)
"""Return which part of the resource it is."""
operation: Final[Callable[[Event], str]] = itemgetter(4)
"""Return what is done there."""
location: Final[Callable[[Event], Location]] = itemgetter(2, 3)
"""Return what identifies the location within its execution.

An attribute and an item of one name are one location: ``obj.x`` is ``vars(obj)["x"]``, a global is
an item of ``globals()``.
"""
site_and_operation: Final[Callable[[Event], tuple[int, str]]] = itemgetter(1, 4)
"""Return what is done at which site, whoever does it and wherever it leads."""
thread_and_site: Final[Callable[[Event], tuple[int, int]]] = itemgetter(0, 1)
"""Return what an event has in common with the same event of another execution."""
but_for_site: Final[Callable[[Event], tuple[int, Resource, Any, str]]] = itemgetter(0, 2, 3, 4)
"""Return who does what where, wherever the source says so."""
_thread_and_resource: Final[Callable[[Event], tuple[int, Resource]]] = itemgetter(0, 2)


def effect(event: Event) -> Effect:
    """Return what an event may do, by the table of operations."""
    return OPERATIONS[operation(event)]


def rows(log: Iterable[Event]) -> Iterable[tuple[int, int, Resource, Any, str]]:
    """Return thread, site, resource, part and operation of each event: for loops that are run over
    every event of every new interleaving.
    """
    return log


def of_several_threads(log: Log) -> Log:
    """Return what is done to what more than one thread touches: of most programs, that is little.
    Written for speed.
    """
    known: set[Resource] = set()
    several: set[Resource] = set()
    for _, resource in set(map(_thread_and_resource, log)):
        (several if resource in known else known).add(resource)
    return [event for event in log if event[2] in several]


def access(thread: int, site: int, resource: Resource, part: Any, operation: str) -> Event:
    """Return an event."""
    return (thread, site, resource, part, operation)


def done_by(thread: int, event: Event) -> Event:
    """Return the same event of another thread."""
    return (thread, *event[1:])


def names_attribute(event: Event) -> bool:
    """Whether the site alone tells the location: an attribute, a global, a closure cell."""
    _, number, _, part, op = event
    site = SITES[number]
    return site.name != "" and bool(part == site.name) and op == site.op
