"""What a search learns from its executions: where threads conflict.

Only accesses to locations that two threads touch, one of them writing, can change what an
execution does. A strategy that switches only there has shorter schedules to search, and can finish.
What is remembered are the *sites* of such accesses, as sites mean the same in every execution.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pytest_concurrency.runtime.helpers.blocking.stand_ins import LOCK_METHODS
from pytest_concurrency.runtime.trace.event import (
    Event,
    Log,
    names_attribute,
    operation,
    rows,
    site_number,
    thread_of,
)
from pytest_concurrency.runtime.trace.operations import CALL, ONLY_READ, READ, RELEASE, TRY
from pytest_concurrency.runtime.trace.resource import WHOLE
from pytest_concurrency.runtime.trace.sites import SITES, InstrumentedSite
from pytest_concurrency.search.execution.engine import LEAST_LIMIT, LIMIT_PER_STEP
from pytest_concurrency.search.execution.leaving_out import LeavingOut

Sites = frozenset[int]


@dataclass(slots=True)
class _Accesses:
    """One location within one execution."""

    writes: bool = False
    sites: set[int] = field(default_factory=set)
    counts: dict[int, int] = field(default_factory=dict)
    """How often each thread touched it."""
    releases: dict[int, set[int]] = field(default_factory=dict)
    """By thread: sites that let go of it, if it is a lock; where it ends, if it is a thread. They
    matter only if somebody asks: who waits goes on as if it had come later.
    """
    is_asked: bool = False
    """Whether somebody may see if it is held: tries it, waits for it with a limit, or asks."""

    @property
    def is_contended(self) -> bool:
        return self.writes and len(self.counts) > 1

    def absorb(self, other: _Accesses) -> None:
        self.writes |= other.writes
        self.sites |= other.sites
        for thread, sites in other.releases.items():
            self.releases.setdefault(thread, set()).update(sites)
        self.is_asked |= other.is_asked
        for thread, count in other.counts.items():
            self.counts[thread] = self.counts.get(thread, 0) + count


class Learning:
    """The sites where threads conflict, as far as the executions of one search have shown."""

    def __init__(self) -> None:
        self.heat: bytearray | None = None
        """By site: 1 where threads conflict. None: nothing is known yet."""
        self.patience = LEAST_LIMIT // LIMIT_PER_STEP
        """Scheduling points that a thread may pass in a row before it is taken to wait for another
        one in a loop: as many as an execution that ended had together."""
        self.version = 0
        """Goes up whenever another site turns out to be one of them."""
        self.contended: dict[Sites, dict[int, int]] = {}
        """Contended locations, by the sites that touch them: how often each thread does."""
        self.sites: set[int] = set()
        """All sites that any execution has come to, in the threads that ran at once."""
        self._alone: dict[Sites, set[int]] = {}
        self._private: set[Sites] = set()
        self.leaving_out = LeavingOut()
        self._contended_by: dict[int, dict[Sites, dict[int, int]]] = {}
        """By what happens in an execution, in whatever order: its contended locations."""

    def note(self, log: Log, *, is_partial: bool = False) -> None:
        """Learn from the log of an execution with an interleaving not seen before.

        What the main thread writes before the others start is set-up, and does not count. What it
        reads after they have ended does: in another execution another thread may have written it.
        ``is_partial``: what is left out of long executions is not in it.
        """
        begins = (index for index, event in enumerate(log) if thread_of(event) or _starts(event))
        first = next(begins, len(log))
        together = log[first:]
        summary = sum(map(hash, together))  # in whatever order; of each new interleaving: in C
        known = self._contended_by.get(summary)
        if known is not None:
            self.contended.update(known)
            if not is_partial and self.heat is not None:
                self.leaving_out.note(log, self.heat)
            return
        contended = self._contended_by[summary] = {}
        if self.heat is None:
            self.heat = bytearray()
        self.heat.extend(bytes(len(SITES) - len(self.heat)))
        # Threads of the standard library, a timer's say, synchronise out of our sight.
        called = [e for e in log if operation(e) == CALL and not names_attribute(e)]
        self._heat_up(frozenset(map(site_number, called)))
        alone: dict[Sites, set[int]] = {}
        for accesses in _by_location(together):
            sites = frozenset(accesses.sites)
            self.sites |= sites
            if accesses.is_asked and len(accesses.counts.keys() | accesses.releases.keys()) > 1:
                self._heat_up(sites.union(*accesses.releases.values()))
            if accesses.is_contended:
                self._heat_up(sites)
                contended[sites] = accesses.counts
            elif accesses.writes:
                alone.setdefault(sites, set()).update(accesses.counts)
        self.contended.update(contended)
        self._compare(alone)
        if not is_partial:
            self.leaving_out.note(log, self.heat)

    def _heat_up(self, sites: Sites) -> None:
        assert self.heat is not None
        for site in sites:
            if not self.heat[site]:
                self.heat[site] = 1
                self.leaving_out.keep(site)
                self.version += 1

    def _compare(self, alone: dict[Sites, set[int]]) -> None:
        """Look for locations that one thread had for itself in each execution, but not always the
        same one: workers of a pool take whatever job comes.

        Where several threads did so in one execution, each had a location of its own.
        """
        for sites, threads in alone.items():
            if len(threads) > 1:
                self._private.add(sites)
                continue
            known = self._alone.setdefault(sites, set())
            known |= threads
            if len(known) > 1 and sites not in self._private:
                self._heat_up(sites)


def _starts(event: Event) -> bool:
    """Whether another thread may run from here on, of which nothing more may be seen: a timer that
    is cancelled in time.
    """
    return operation(event) == CALL and SITES[site_number(event)].name in _STARTING


def _by_location(log: Log) -> list[_Accesses]:
    """Return the locations of what is left of an execution after its set-up."""
    found: dict[Any, dict[Any, _Accesses]] = {}
    for thread, number, resource, part, kind in rows(log):
        # Run over every event of every new interleaving: written for speed.
        parts = found.get(resource)
        if parts is None:
            parts = found[resource] = {}
        accesses = parts.get(part)
        if accesses is None:
            accesses = parts[part] = _Accesses()
        if kind == RELEASE:
            accesses.releases.setdefault(thread, set()).add(number)
            continue
        if kind not in ONLY_READ:
            accesses.writes = True
        site = SITES[number]
        if site.op == CALL and _asks(kind, site):
            accesses.is_asked = True
        accesses.sites.add(number)
        accesses.counts[thread] = accesses.counts.get(thread, 0) + 1
    return [accesses for parts in found.values() for accesses in _parts(parts)]


_STARTING = frozenset({"start", "submit"})
_ASKING = LOCK_METHODS | {"", "is_alive"}
"""Methods by which one can tell; what variables hold has no name."""


def _asks(kind: str, site: InstrumentedSite) -> bool:
    """Whether a call may tell if a lock is held, or a thread is there."""
    return kind in (TRY, READ) or (kind == CALL and site.name in _ASKING)


def _parts(parts: dict[Any, _Accesses]) -> list[_Accesses]:
    """Return the locations of one object: all one if it was ever accessed as a whole."""
    if WHOLE not in parts:
        return list(parts.values())
    whole = _Accesses()
    for part in parts.values():
        whole.absorb(part)
    return [whole]
