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
from pytest_concurrency.runtime.trace.event import (
    Log,
    location,
    operation,
    rows,
    site_number,
    thread_of,
)
from pytest_concurrency.runtime.trace.operations import READ, WRITE
from pytest_concurrency.runtime.trace.resource import Location
from pytest_concurrency.runtime.trace.sites import SITES

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

    __slots__ = ("other_write", "seen", "write", "writer", "wrote")

    def __init__(self) -> None:
        self.seen: dict[int, int] = {}
        """When a thread read last what may have left the function, wherever."""
        self.wrote: dict[int, int] = {}
        """When a thread wrote last."""
        self.write = self.other_write = self.writer = _NEVER
        """The last write, the last one by another thread than that one's, and whose the
        first is.
        """


def lost_updates(
    log: Log, marks: Sequence[Mark] = (), known: Set[object] = frozenset()
) -> Iterator[LostUpdate]:
    """Yield the lost updates of an execution, among them those whose flow is unknown; not those
    whose flow is known, and whose sites (read, write) are in ``known``.
    """
    locations: dict[Location, _Location] = {}
    latest: dict[tuple[int, int], int] = {}
    """When a thread read last at a site, wherever."""
    several = _written_by_several(log)
    if not several:
        return
    provenance = Provenance(marks)
    wanted, sites = provenance.sites, SITES
    for index, (thread, number, resource, part, op) in enumerate(rows(log)):
        # Run over every event of every new interleaving: written for speed.
        if op == READ:
            if number in wanted:
                provenance.note_read(thread, number, index)
            latest[thread, number] = index
            if not sites[number].is_given_away:
                continue
        elif op != WRITE or (marks and provenance.is_written_back(thread, number, index)):
            continue
        key = (resource, part)
        if key not in several:
            continue
        place = locations.get(key)
        if place is None:
            place = locations[key] = _Location()
        if op == READ:
            place.seen[thread] = index
            continue
        site = sites[number]
        foreign = place.write if place.writer != thread else place.other_write
        if foreign != _NEVER:
            flowing = _NEVER
            is_doubtful = site.is_given and _has_handed_on(place, thread, foreign)
            if site.is_tracked:
                before = None if is_doubtful else foreign
                for when in provenance.reads_in(thread, number, index, before):
                    if when > flowing and location(log[when]) == key:
                        flowing = when
            else:
                for read in site.flows:
                    when = latest.get((thread, read), _NEVER)
                    if when > flowing and location(log[when]) == key:
                        flowing = when
            if flowing < foreign and (
                flowing == _NEVER or (site_number(log[flowing]), number) not in known
            ):
                if flowing == _NEVER and is_doubtful:
                    yield LostUpdate(place.seen[thread], foreign, index, False)
                elif flowing != _NEVER and not _was_compared(log, (flowing, foreign, index)):
                    yield LostUpdate(flowing, foreign, index, True)
        if place.writer != thread:
            place.other_write, place.writer = place.write, thread
        place.write = place.wrote[thread] = index


def _written_by_several(log: Log) -> set[Location]:
    """Return the locations that more than one thread writes to."""
    writes = {
        (thread, resource, part) for thread, _, resource, part, op in rows(log) if op == WRITE
    }
    found: set[Location] = set()
    several: set[Location] = set()
    for _, resource, part in writes:
        (several if (resource, part) in found else found).add((resource, part))
    return several


def _has_handed_on(place: _Location, thread: int, foreign: int) -> bool:
    """Whether a thread has handed on what it read there, after its last write, before the foreign
    one.
    """
    return place.wrote.get(thread, _NEVER) < place.seen.get(thread, _NEVER) < foreign


def _was_compared(log: Log, events: tuple[int, int, int]) -> bool:
    """Whether the location has been read again after the foreign write, and compared with what was
    read before: compare and set."""
    flowing, foreign, index = events
    read, write = site_number(log[flowing]), log[index]
    again = {
        site
        for pair in SITES[site_number(write)].compared
        for one, other in (pair, pair[::-1])
        if read in one
        for site in other
    }
    return bool(again) and any(
        thread_of(event) == thread_of(write)
        and site_number(event) in again
        and operation(event) == READ
        and location(event) == location(write)
        for event in log[foreign:index]
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
