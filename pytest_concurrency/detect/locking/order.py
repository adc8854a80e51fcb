"""In which order threads take locks, and where they take them in a circle: a deadlock that another
schedule may reach.

Goodlock with guards and segments: Havelund, "Using Runtime Analysis to Guide Model Checking of Java
Programs", SPIN 2000; Bensalem and Havelund, "Dynamic Deadlock Analysis of Multi-Threaded Programs",
HVC 2005; Agarwal, Wang, Stoller, "Detecting Potential Deadlocks with Static Analysis and Run-Time
Monitoring", HVC 2005.

Here an edge of the graph is an acquisition that waits as long as it takes, while another lock is
held. There is none by a try or a wait with a limit, which end by themselves; none from or to a lock
that its holder does not release itself; none between two locks of the standard library, which are
its own affair.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pytest_concurrency.detect.locking.held import LocksHeld, Taken, is_inner_lock
from pytest_concurrency.runtime.trace.event import Log, operation, site_number, thread_of
from pytest_concurrency.runtime.trace.happens_before import Clock, Clocks, Epoch
from pytest_concurrency.runtime.trace.operations import ACQUIRED, OPERATIONS, TRY
from pytest_concurrency.runtime.trace.resource import THREAD, Location
from pytest_concurrency.runtime.trace.sites import INTERNAL
from pytest_concurrency.runtime.trace.synchronisation import Noted

LONGEST = 4
"""Threads of a circle: longer ones are hardly ever met."""
_MOST_EDGES = 200
_MOST_CYCLES = 20
"""Of one execution."""


class Edge(NamedTuple):
    """A thread has acquired the lock ``inner`` while it held ``outer``."""

    thread: int
    outer: Location
    inner: Location
    outer_taken: Taken
    inner_taken: Taken
    guards: frozenset[Location]
    """All that it held."""

    @property
    def sites(self) -> tuple[int, int]:
        """Where it took them; the same in another execution."""
        return (self.outer_taken.site, self.inner_taken.site)


@dataclass(frozen=True, slots=True)
class Cycle:
    """Threads each of which takes the lock that the next one holds."""

    edges: tuple[Edge, ...]

    @property
    def identity(self) -> tuple[tuple[int, int], ...]:
        """By where the locks are taken, whichever they are and whoever takes them."""
        return tuple(sorted(edge.sites for edge in self.edges))


class Segments:
    """When locks were acquired, by the clocks of an order that is meant: an acquisition of a lock
    that excludes comes after its last release by luck.

    By their start and end threads are ordered in each execution. With ``by_signals`` what waits for
    an event, a condition, a queue or a future comes after what is waited for, too.
    """

    def __init__(self, noted: Sequence[Noted], held: LocksHeld, *, by_signals: bool) -> None:
        self._at: dict[tuple[int, Location, int], Clock] = {}
        clocks = Clocks()
        for position, thread, _, resource, part, op in noted:
            at, effect = (resource, part), OPERATIONS[op]
            orders = resource == THREAD or (
                by_signals
                and (is_inner_lock(resource) or at in held.passed_on or not _is_of_lock(op))
            )
            if orders and effect.receives:
                clocks.receive(thread, at)
            if op == ACQUIRED:
                self._at[thread, at, position] = clocks.of(thread)
            if orders and effect.sends:
                clocks.send(thread, at)

    def of(self, thread: int, lock: Location, taken: Taken) -> Clock:
        """Return the clock of an acquisition; the same object for all of one segment."""
        return self._at[thread, lock, taken.position]

    def are_concurrent(self, edges: Sequence[Edge]) -> bool:
        """Whether no edge comes before another one."""
        clocks = {each.thread: self.of(each.thread, each.inner, each.inner_taken) for each in edges}
        return not any(
            Epoch(thread, own[thread]).is_known_to(clock)
            for thread, own in clocks.items()
            for other, clock in clocks.items()
            if other != thread
        )


def _is_of_lock(op: str) -> bool:
    effect = OPERATIONS[op]
    return effect.acquires or effect.releases


def cycles(log: Log, noted: Sequence[Noted], held: LocksHeld) -> Iterator[Cycle]:
    """Yield where threads take locks in a circle: no lock guards two of them, and no thread has
    ended, or waited to be started, before the other one took its locks.
    """
    segments = Segments(noted, held, by_signals=False)
    found = _edges(log, held, segments)
    told = 0
    for first in found:
        for edges in _circles(first, (first,), found):
            if segments.are_concurrent(edges):
                yield Cycle(edges)
                told += 1
                if told >= _MOST_CYCLES:
                    return


def _circles(
    first: Edge, path: tuple[Edge, ...], edges: Sequence[Edge]
) -> Iterator[tuple[Edge, ...]]:
    """Yield the circles that begin with ``path``, each only once: by its lowest thread."""
    for edge in edges:
        if edge.outer != path[-1].inner or edge.thread <= first.thread:
            continue
        if any(edge.thread == each.thread or edge.guards & each.guards for each in path):
            continue
        if edge.inner == first.outer:
            yield (*path, edge)
        elif len(path) + 1 < LONGEST:
            yield from _circles(first, (*path, edge), edges)


def _edges(log: Log, held: LocksHeld, segments: Segments) -> list[Edge]:
    """Return the edges of an execution, each once a segment, as far as a circle may go through
    them.
    """
    found: dict[object, Edge] = {}
    for thread, lock, taken, others in held.nested:
        if lock in held.passed_on or not _waits(log, thread, taken):
            continue
        guards = frozenset(others)
        for outer, outer_taken in others.items():
            is_own = is_inner_lock(outer[0]) and is_inner_lock(lock[0])
            if outer in held.passed_on or is_own or len(found) >= _MOST_EDGES:
                continue
            edge = Edge(thread, outer, lock, outer_taken, taken, guards)
            segment = id(segments.of(thread, lock, taken))
            found.setdefault((thread, outer, lock, edge.sites, guards, segment), edge)
    return _in_circles(list(found.values()))


def _in_circles(edges: list[Edge]) -> list[Edge]:
    """Leave out what leads nowhere, or is reached from nowhere."""
    left = 0
    while len(edges) != left:
        left = len(edges)
        sources, targets = {each.outer for each in edges}, {each.inner for each in edges}
        edges = [each for each in edges if each.inner in sources and each.outer in targets]
    return edges


def _waits(log: Log, thread: int, taken: Taken) -> bool:
    """Whether a lock was waited for as long as it takes; of what the standard library does inside
    that is taken for granted.
    """
    if taken.site == INTERNAL:
        return True
    index = last_event(log, thread, taken.position)
    is_there = index >= 0 and site_number(log[index]) == taken.site
    return not is_there or operation(log[index]) != TRY


def last_event(log: Log, thread: int, position: int) -> int:
    """Return the index of a thread's last event before ``position``; -1: there is none."""
    index = position - 1
    while index >= 0 and thread_of(log[index]) != thread:
        index -= 1
    return index
