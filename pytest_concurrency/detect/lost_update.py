"""Lost updates: a write based on a value that somebody else has overwritten since it was read.

In an execution's log it is the pattern *read by A, write by B, write by A* on one location, where
what A read flows into what A wrote. Whether it flows is known within a function
(``instrument/flows.py``). In an execution that fails, the pattern alone is the explanation: there
the failure is the evidence that something was lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pytest_concurrency.runtime.access import location_key
from pytest_concurrency.runtime.shapes import DECIDES
from pytest_concurrency.runtime.sites import SITES, InstrumentedSite

_EFFECTS = {"read": 1, "file-read": 1, "write": 2, "file-write": 2}
_NEVER = -1


@dataclass(frozen=True, slots=True)
class LostUpdate:
    """The three events of the pattern, as indices into the log."""

    read: int
    foreign_write: int
    write: int
    flows: bool
    """False if it is not known that the value read flows into the value written."""


def operation(event: tuple[Any, ...]) -> str:
    """Return what an event of the log does: ``read``, ``write``, or a synchronisation."""
    return str(event[4]) if len(event) == 5 else SITES[event[1]].op


class _Location:
    """What happened at one location so far. Times are indices into the log."""

    __slots__ = ("other_write", "reads", "seen", "write", "writer", "wrote")

    def __init__(self) -> None:
        self.reads: dict[tuple[int, int], int] = {}
        """When a thread read last at a site."""
        self.seen: dict[int, int] = {}
        """When a thread read last, wherever; not what only decides."""
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


def find_lost_update(log: Sequence[tuple[Any, ...]], *, failed: bool) -> LostUpdate | None:
    """Return the first lost update of an execution; in one that failed, also one whose flow is
    unknown.
    """
    locations: dict[tuple[Any, ...], _Location] = {}
    suspicion: LostUpdate | None = None
    for index, event in enumerate(log):
        # Run over every event of every new interleaving: written for speed.
        thread, number = event[0], event[1]
        site = SITES[number]
        size = len(event)
        effect = _EFFECTS.get(event[4] if size == 5 else site.op)
        if effect is None:
            continue
        key = (event[2], site.name) if size == 3 else location_key(event)
        place = locations.get(key)
        if place is None:
            place = locations[key] = _Location()
        if effect == 1:
            place.reads[thread, number] = index
            if site.name != DECIDES:
                place.seen[thread] = index
            continue
        foreign = place.foreign_write(thread)
        if foreign != _NEVER and (site.flows or thread in place.seen):
            found = _overwritten(log, place, thread, site, index)
            if found is not None and found.flows:
                return found
            suspicion = suspicion or found
        place.note_write(thread, index)
    return suspicion if failed else None


def _overwritten(
    log: Sequence[tuple[Any, ...]],
    place: _Location,
    thread: int,
    site: InstrumentedSite,
    index: int,
) -> LostUpdate | None:
    foreign = place.foreign_write(thread)
    flowing = max((place.reads.get((thread, read), _NEVER) for read in site.flows), default=_NEVER)
    if flowing != _NEVER:
        if flowing > foreign or (site.idempotent and SITES[log[foreign][1]].idempotent):
            return None
        return LostUpdate(flowing, foreign, index, True)
    latest = place.seen.get(thread, _NEVER)
    if place.wrote.get(thread, _NEVER) < latest < foreign:
        return LostUpdate(latest, foreign, index, False)
    return None
