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
from pytest_concurrency.runtime.sites import SITES

_WRITES = frozenset({"write", "file-write"})
_READS = frozenset({"read", "file-read"})


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
    __slots__ = ("last_writes", "reads")

    def __init__(self) -> None:
        self.reads: dict[int, dict[int, int]] = {}
        """Thread -> read site -> index of its last read there."""
        self.last_writes: dict[int, int] = {}
        """Thread -> index of its last write."""


def find_lost_update(log: Sequence[tuple[Any, ...]], *, failed: bool) -> LostUpdate | None:
    """Return the first lost update of an execution; in one that failed, also one whose flow is
    unknown.
    """
    locations: dict[tuple[Any, ...], _Location] = {}
    suspicion: LostUpdate | None = None
    for index, event in enumerate(log):
        op = operation(event)
        if op in _READS:
            place = locations.setdefault(location_key(event), _Location())
            place.reads.setdefault(event[0], {})[event[1]] = index
        elif op in _WRITES:
            place = locations.setdefault(location_key(event), _Location())
            found = _overwritten(log, place, event, index)
            place.last_writes[event[0]] = index
            if found is None:
                continue
            if found.flows:
                return found
            suspicion = suspicion or found
    return suspicion if failed else None


def _overwritten(
    log: Sequence[tuple[Any, ...]], place: _Location, event: tuple[Any, ...], index: int
) -> LostUpdate | None:
    reads = place.reads.get(event[0])
    foreign = max(
        (when for thread, when in place.last_writes.items() if thread != event[0]), default=-1
    )
    if not reads or foreign < 0:
        return None
    site = SITES[event[1]]
    flowing = [when for read_site, when in reads.items() if read_site in site.flows]
    if flowing:
        if max(flowing) > foreign or _nothing_lost(site.idempotent, log[foreign]):
            return None
        return LostUpdate(max(flowing), foreign, index, True)
    latest = max(reads.values())
    own = place.last_writes.get(event[0], -1)
    if own < latest < foreign:
        return LostUpdate(latest, foreign, index, False)
    return None


def _nothing_lost(idempotent: bool, foreign: tuple[Any, ...]) -> bool:
    return idempotent and SITES[foreign[1]].idempotent
