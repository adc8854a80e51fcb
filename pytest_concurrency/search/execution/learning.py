"""What a search learns from its executions: where threads conflict.

Only accesses to locations that two threads touch, one of them writing, can change what an
execution does; and of these only the ones that no lock orders (``ordered.py``). A strategy that
switches only there, and where threads synchronise, has shorter schedules to search, and can finish.
What is remembered are the *sites* of such accesses, as sites mean the same in every execution.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from pytest_concurrency.runtime.helpers.blocking.stand_ins import LOCK_METHODS
from pytest_concurrency.runtime.trace.event import (
    Event,
    Log,
    names_attribute,
    of_several_threads,
    operation,
    resource_of,
    rows,
    site_and_operation,
    site_number,
    thread_of,
)
from pytest_concurrency.runtime.trace.operations import (
    CALL,
    ONLY_READ,
    READ,
    RELEASE,
    SYNCHRONISE,
    TRY,
)
from pytest_concurrency.runtime.trace.resource import WHOLE, Location, Resource
from pytest_concurrency.runtime.trace.sites import SITES, InstrumentedSite
from pytest_concurrency.runtime.trace.synchronisation import Noted
from pytest_concurrency.search.execution.engine import LEAST_LIMIT, LIMIT_PER_STEP
from pytest_concurrency.search.execution.leaving_out import LeavingOut
from pytest_concurrency.search.execution.ordered import racing

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
    synchronises: bool = False
    """Whether it is a lock, a queue, a thread."""

    @property
    def is_contended(self) -> bool:
        return self.writes and len(self.counts) > 1

    @property
    def tells_who_holds_it(self) -> bool:
        """Whether a thread may see when another one lets go of it."""
        is_shared = len(self.counts.keys() | self.releases.keys()) > 1
        return self.is_asked and self.synchronises and is_shared

    def absorb(self, other: _Accesses) -> None:
        self.writes |= other.writes
        self.sites |= other.sites
        for thread, sites in other.releases.items():
            self.releases.setdefault(thread, set()).update(sites)
        self.is_asked |= other.is_asked
        self.synchronises |= other.synchronises
        for thread, count in other.counts.items():
            self.counts[thread] = self.counts.get(thread, 0) + count


@dataclass(slots=True)
class _Together:
    """What happens in an execution once threads are there, in whatever order."""

    contended: dict[Sites, dict[int, int]] = field(default_factory=dict)
    """How often each thread touches a contended location."""
    guarded: dict[Location, Sites] = field(default_factory=dict)
    """Those that locks have ordered so far."""
    locks: set[Resource] = field(default_factory=set)
    """Those at which threads synchronise."""
    hot: dict[Sites, dict[int, int]] = field(default_factory=dict)
    """Contended locations where it matters who comes first, as of ``version``."""
    version: int = -1


class Learning:
    """The sites where threads conflict, as far as the executions of one search have shown."""

    def __init__(self) -> None:
        self.heat: bytearray | None = None
        """By site: 1 where it matters who comes first. None: nothing is known yet."""
        self.shared: bytearray | None = None
        """By site: 1 where threads conflict, also in an order that a lock keeps."""
        self.patience = LEAST_LIMIT // LIMIT_PER_STEP
        """Scheduling points that a thread may pass in a row before it is taken to wait for another
        one in a loop: as many as an execution that ended had together."""
        self.version = 0
        """Goes up whenever another site turns out to be one of them."""
        self.contended: dict[Sites, dict[int, int]] = {}
        """Contended locations, by the sites that touch them: how often each thread does."""
        self.sites: set[int] = set()
        """All sites that any execution has come to, in the threads that ran at once."""
        self.leaving_out = LeavingOut()
        self._seen: dict[tuple[int, bool], _Together] = {}
        """By what happens in an execution, in whatever order, and whether it is all."""

    def note(self, log: Log, noted: Sequence[Noted], *, is_partial: bool = False) -> None:
        """Learn from an execution with an interleaving not seen before.

        What the main thread writes before the others start is set-up, and does not count. What it
        reads after they have ended does: in another execution another thread may have written it.
        ``is_partial``: what is left out of long executions is not in it.
        """
        begins = (index for index, event in enumerate(log) if thread_of(event) or _starts(event))
        first = next(begins, len(log))
        together = log[first:]
        # In whatever order; of each new interleaving: in C.
        summary = (sum(map(hash, together)), is_partial)
        seen = self._seen.get(summary)
        if seen is None:
            self._extend()
            # Threads of the standard library, a timer's say, synchronise out of our sight.
            called = [e for e in log if operation(e) == CALL and not names_attribute(e)]
            self._heat_up(frozenset(map(site_number, called)))
            seen = self._seen[summary] = self._learn(together, is_partial=is_partial)
        if seen.guarded and not is_partial:
            self._race(log, noted, seen)
        if seen.version != self.version:
            seen.version = self.version
            seen.hot = {s: n for s, n in seen.contended.items() if any(map(self._is_hot, s))}
        self.contended.update(seen.hot)
        if not is_partial and self.shared is not None:
            self.leaving_out.note(log, self.shared)

    def _extend(self) -> None:
        if self.heat is None or self.shared is None:
            self.heat, self.shared = bytearray(), bytearray()
        for table in (self.heat, self.shared):
            table.extend(bytes(len(SITES) - len(table)))

    def _learn(self, together: Log, *, is_partial: bool) -> _Together:
        """Learn what does not depend on the order."""
        found = _Together()
        done = set(map(site_and_operation, together))
        self.sites |= {site for site, op in done if op != RELEASE}
        log = of_several_threads(together)
        if is_partial:
            log = self._without_guarded(log, {site for site, _ in done})
        for place, accesses in _by_location(log):
            sites = frozenset(accesses.sites)
            if accesses.tells_who_holds_it:
                self._heat_up(sites.union(*accesses.releases.values()))
            if accesses.is_contended:
                self._share(sites)
                found.contended[sites] = accesses.counts
                if accesses.synchronises:
                    found.locks.add(place[0])
                if accesses.synchronises or type(place[0]) is not int:
                    self._heat_up(sites)
                else:
                    found.guarded[place] = sites
        return found

    def _without_guarded(self, log: Log, sites: Set[int]) -> Log:
        """Leave out the objects of which it is known that threads share them, and of which nothing
        but an execution in full can tell that no lock orders that.
        """
        assert self.shared is not None
        telling = {site for site in sites if not self.shared[site] or self._is_hot(site)}
        told = {resource_of(event) for event in log if site_number(event) in telling}
        return [event for event in log if resource_of(event) in told]

    def _race(self, log: Log, noted: Sequence[Noted], seen: _Together) -> None:
        """Learn which locations nothing orders: not of those of which that is known."""
        for place, sites in list(seen.guarded.items()):
            if all(map(self._is_hot, sites)):
                del seen.guarded[place]
        for place in racing(log, noted, seen.guarded, seen.locks):
            self._heat_up(seen.guarded.pop(place))

    def _is_hot(self, site: int) -> bool:
        return self.heat is not None and bool(self.heat[site])

    def _heat_up(self, sites: Sites) -> None:
        assert self.heat is not None
        self._share(sites)
        for site in sites:
            if not self.heat[site]:
                self.heat[site] = 1
                self.version += 1

    def _share(self, sites: Sites) -> None:
        assert self.shared is not None
        for site in sites:
            if not self.shared[site]:
                self.shared[site] = 1
                self.leaving_out.keep(site)


def _starts(event: Event) -> bool:
    """Whether another thread may run from here on, of which nothing more may be seen: a timer that
    is cancelled in time.
    """
    return operation(event) == CALL and SITES[site_number(event)].name in _STARTING


def _by_location(log: Log) -> list[tuple[Location, _Accesses]]:
    """Return the locations where something is done."""
    found: dict[Any, dict[Any, _Accesses]] = {}
    # Most is done more than once, and the order does not matter here.
    for (thread, number, resource, part, kind), times in Counter(rows(log)).items():
        parts = found.get(resource)
        if parts is None:
            parts = found[resource] = {}
        accesses = parts.get(part)
        if accesses is None:
            accesses = parts[part] = _Accesses()
        if kind == RELEASE:
            accesses.synchronises = True
            accesses.releases.setdefault(thread, set()).add(number)
            continue
        if kind not in ONLY_READ:
            accesses.writes = True
        if kind in SYNCHRONISE:
            accesses.synchronises = True
        site = SITES[number]
        if site.op == CALL and _asks(kind, site):
            accesses.is_asked = True
        accesses.sites.add(number)
        accesses.counts[thread] = accesses.counts.get(thread, 0) + times
    return [
        ((resource, part), accesses)
        for resource, parts in found.items()
        for part, accesses in _parts(parts).items()
    ]


_STARTING = frozenset({"start", "submit"})
_ASKING = LOCK_METHODS | {"", "is_alive"}
"""Methods by which one can tell; what variables hold has no name."""


def _asks(kind: str, site: InstrumentedSite) -> bool:
    """Whether a call may tell if a lock is held, or a thread is there."""
    return kind in (TRY, READ) or (kind == CALL and site.name in _ASKING)


def _parts(parts: dict[Any, _Accesses]) -> dict[Any, _Accesses]:
    """Return the locations of one object: all one if it was ever accessed as a whole."""
    if WHOLE not in parts:
        return parts
    whole = _Accesses()
    for part in parts.values():
        whole.absorb(part)
    return {WHOLE: whole}
