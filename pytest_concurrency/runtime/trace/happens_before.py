"""Which events of an execution are ordered by how its threads have met.

One event happens before another one if it comes first in the same thread, or if a chain of
synchronisations leads from it to the other: what precedes a sending event (a release, the start or
end of a thread, a ``put()``) happens before what follows a receiving one at the same location. What
is not ordered might as well have happened the other way round, or at once.

Vector clocks (Mattern 1989; Fidge 1988) with epochs: Flanagan and Freund, "FastTrack: Efficient
and Precise Dynamic Race Detection", PLDI 2009. An epoch is a thread and the count of its sending
events; one comparison tells whether an event happens before another one. Clocks change only where
threads send or receive, so events in between share one.

What is released, written or sent out of sight (C code, pipes, other processes) orders nothing here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from pytest_concurrency.runtime.trace.event import Log, rows
from pytest_concurrency.runtime.trace.operations import OPERATIONS
from pytest_concurrency.runtime.trace.resource import Location

Clock = Mapping[int, int]
"""By thread: how much of it is known to have happened."""


class Epoch(NamedTuple):
    """When, by the clock of its own thread, an event happened."""

    thread: int
    sent: int

    def is_known_to(self, clock: Clock) -> bool:
        """Whether what happened then happens before whatever has this clock."""
        return self.sent <= clock.get(self.thread, 0)


_SENDING = frozenset(each.name for each in OPERATIONS.values() if each.sends)
_RECEIVING = frozenset(each.name for each in OPERATIONS.values() if each.receives)
_NOTHING: Clock = MappingProxyType({})


class Clocks:
    """The clocks of the threads and of what they meet at; goes through a trace event by event."""

    def __init__(self) -> None:
        self._threads: dict[int, Clock] = {}
        self._sent: dict[Location, Clock] = {}
        """What was known to those who sent."""

    def of(self, thread: int) -> Clock:
        """Return what ``thread`` knows now. It is never changed."""
        clock = self._threads.get(thread)
        if clock is None:
            clock = self._threads[thread] = MappingProxyType({thread: 1})
        return clock

    def receive(self, thread: int, location: Location) -> None:
        """Let ``thread`` know what was known to those who have sent at ``location``."""
        sent = self._sent.get(location, _NOTHING)
        known = self.of(thread)
        if any(count > known.get(each, 0) for each, count in sent.items()):
            self._threads[thread] = _joined(known, sent)

    def send(self, thread: int, location: Location) -> None:
        """Let those who receive at ``location`` from now on know what ``thread`` knows."""
        known = self.of(thread)
        self._sent[location] = _joined(self._sent.get(location, _NOTHING), known)
        self._threads[thread] = MappingProxyType({**known, thread: known[thread] + 1})

    def meet(self, thread: int, location: Location, op: str) -> None:
        """Let ``thread`` do what may order events: receive there, or send."""
        if op in _RECEIVING:
            self.receive(thread, location)
        if op in _SENDING:
            self.send(thread, location)


def _joined(one: Clock, other: Clock) -> Clock:
    latest = dict(one)
    for thread, count in other.items():
        if count > latest.get(thread, 0):
            latest[thread] = count
    return MappingProxyType(latest)


class HappensBefore:
    """The order of the events of a trace, each known by its position."""

    def __init__(self, trace: Log) -> None:
        clocks = Clocks()
        self._clocks: list[Clock] = []
        self._epochs: list[Epoch] = []
        for thread, _, resource, part, op in rows(trace):
            if op in _RECEIVING:
                clocks.receive(thread, (resource, part))
            clock = clocks.of(thread)
            self._clocks.append(clock)
            self._epochs.append(Epoch(thread, clock[thread]))
            if op in _SENDING:
                clocks.send(thread, (resource, part))

    def clock(self, position: int) -> Clock:
        """Return the vector clock of an event."""
        return self._clocks[position]

    def epoch(self, position: int) -> Epoch:
        """Return the epoch of an event."""
        return self._epochs[position]

    def is_before(self, one: int, other: int) -> bool:
        """Whether the event at ``one`` happens before that at ``other``."""
        return one < other and self._epochs[one].is_known_to(self._clocks[other])

    def are_unordered(self, one: int, other: int) -> bool:
        """Whether neither happens before the other."""
        first, second = sorted((one, other))
        return first != second and not self.is_before(first, second)
