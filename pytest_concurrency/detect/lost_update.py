"""Lost updates: a write based on a value that somebody else has overwritten since it was read.

In an execution's log it is the pattern *read by A, write by B, write by A* on one location, where
what A read flows into what A wrote. What flows is known within a function
(``instrument/analysis/flows.py``, ``provenance.py``). In an execution that fails, the pattern alone
may be the explanation, if the value read left its function and what was written came into its own:
there the failure is the evidence that something was lost.

The pattern is one of the four that "AVIO: Detecting Atomicity Violations via Access Interleaving
Invariants" (Lu, Tucek, Qin, Zhou, ASPLOS 2006) lists as not serializable; the name is that of
databases (Berenson et al., "A Critique of ANSI SQL Isolation Levels", SIGMOD 1995).

What the values say, where an execution has been recorded in full, is told in ``effects.py``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from pytest_concurrency.detect.provenance import Provenance
from pytest_concurrency.runtime.helpers.marks import Mark
from pytest_concurrency.runtime.trace.event import Log, location, rows, site_number
from pytest_concurrency.runtime.trace.operations import READ, WRITE
from pytest_concurrency.runtime.trace.resource import Location
from pytest_concurrency.runtime.trace.sites import SITES, InstrumentedSite

_NEVER = -1


@dataclass(frozen=True, slots=True)
class LostUpdate:
    """The three events of the pattern, as indices into the log."""

    read: int
    foreign_write: int
    write: int
    flows: bool
    """False if it is not known that the value read flows into the value written."""


class _Location:
    """What happened at one location so far. Times are indices into the log."""

    __slots__ = ("other_write", "reads", "seen", "write", "writer", "wrote")

    def __init__(self) -> None:
        self.reads: dict[tuple[int, int], int] = {}
        """When a thread read last at a site."""
        self.seen: dict[int, int] = {}
        """When a thread read last what may have left the function, wherever."""
        self.wrote: dict[int, int] = {}
        """When a thread wrote last."""
        self.write = self.other_write = self.writer = _NEVER
        """The last write, the last one by another thread than that one's, and whose the
        first is.
        """

    def foreign_write(self, thread: int) -> int:
        """Return the last write by another thread."""
        return self.write if self.writer != thread else self.other_write

    def note_write(self, thread: int, index: int) -> None:
        """Remember a write."""
        if self.writer != thread:
            self.other_write = self.write
        self.write, self.writer = index, thread
        self.wrote[thread] = index


def lost_updates(
    log: Log, marks: Sequence[Mark] = (), known: Set[object] = frozenset()
) -> Iterator[LostUpdate]:
    """Yield the lost updates of an execution, among them those whose flow is unknown; not those
    whose flow is known, and whose sites (read, write) are in ``known``.
    """
    locations: dict[Location, _Location] = {}
    latest: dict[tuple[int, int], int] = {}
    """When a thread read last at a site, wherever."""
    provenance = Provenance(marks)
    upcoming = provenance.upcoming
    for index, (thread, number, resource, part, op) in enumerate(rows(log)):
        # Run over every event of every new interleaving: written for speed.
        if index >= upcoming >= 0:
            provenance.advance(index)
            upcoming = provenance.upcoming
        if op != READ and op != WRITE:
            continue
        site = SITES[number]
        key = (resource, part)
        place = locations.get(key)
        if place is None:
            place = locations[key] = _Location()
        if op == READ:
            place.reads[thread, number] = latest[thread, number] = index
            if site.is_given_away:
                place.seen[thread] = index
            if marks:
                provenance.note_read(thread, number, index)
            continue
        if marks and provenance.is_written_back(thread, number):
            continue
        reads = provenance.reads_in(thread, number) if site.is_tracked else ()
        foreign = place.foreign_write(thread)
        if foreign != _NEVER:
            if site.is_tracked:
                flowing = max((i for i in reads if location(log[i]) == key), default=_NEVER)
            else:
                flowing = _NEVER
                for read in site.flows:
                    when = place.reads.get((thread, read), _NEVER)
                    if when > flowing and when == latest[thread, read]:
                        flowing = when
            is_known = flowing != _NEVER and (site_number(log[flowing]), number) in known
            if not is_known:
                found = _overwritten(log, place, thread, site, (flowing, foreign, index))
                if found is not None:
                    yield found
        place.note_write(thread, index)


def _overwritten(
    log: Log,
    place: _Location,
    thread: int,
    site: InstrumentedSite,
    events: tuple[int, int, int],
) -> LostUpdate | None:
    flowing, foreign, index = events
    if flowing != _NEVER:
        read = site_number(log[flowing])
        if flowing > foreign or _was_compared(place, thread, site, read, foreign):
            return None
        return LostUpdate(flowing, foreign, index, True)
    seen = place.seen.get(thread, _NEVER)
    if site.is_given and place.wrote.get(thread, _NEVER) < seen < foreign:
        return LostUpdate(seen, foreign, index, False)
    return None


def _was_compared(
    place: _Location, thread: int, site: InstrumentedSite, read: int, foreign: int
) -> bool:
    """Whether the location has been read again after the foreign write, and compared with what was
    read before: compare and set."""
    return any(
        place.reads.get((thread, again), _NEVER) > foreign
        for pair in site.compared
        for one, other in (pair, pair[::-1])
        if read in one
        for again in other
    )


def find_lost_update(log: Log, marks: Sequence[Mark] = (), *, failed: bool) -> LostUpdate | None:
    """Return the first lost update of an execution; in one that failed, also one whose flow is
    unknown.
    """
    suspicion: LostUpdate | None = None
    for found in lost_updates(log, marks):
        if found.flows:
            return found
        suspicion = suspicion or found
    return suspicion if failed else None
