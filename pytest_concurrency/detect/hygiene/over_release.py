"""Permits of a semaphore that are given back although they were not taken.

A semaphore may be a signal, where one thread only gives and another one only takes, and a pool may
grow. What is accused is a line that gives back what its thread has taken, and in the same execution
what its thread has not got: a try in vain, a wait that ran out; and where a thread gives back the
permit that it has just given back, while nobody keeps one. And only where the semaphore has more
permits then than when it was first met, at least one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field

from pytest_concurrency.detect.detector import Again, Asked, Detector, Finding
from pytest_concurrency.detect.observation import Execution, Observation
from pytest_concurrency.detect.telling import line_of, site_of, told, where
from pytest_concurrency.kinds import KINDS, OVER_RELEASE
from pytest_concurrency.model import Hazard, SiteUse
from pytest_concurrency.runtime.diagnosis.lock_names import thread_name
from pytest_concurrency.runtime.trace.event import Event, operation, site_number, thread_of
from pytest_concurrency.runtime.trace.operations import ACQUIRE, COUNTED, EXPIRE, RELEASE, WAIT
from pytest_concurrency.runtime.trace.resource import THREAD, Resource
from pytest_concurrency.runtime.trace.sites import SITES
from pytest_concurrency.runtime.trace.synchronisation import is_there


@dataclass(frozen=True, slots=True, eq=False)
class FoundOverRelease(Finding):
    """A permit that was given back and not taken."""

    event: int
    """By which it was given back, as an index into the log."""
    before: int | None
    """By which the thread had given back the one that it had got, if that was its last step."""

    @property
    def identity(self) -> Hashable:
        """By where it was given back."""
        return (self.kind, site_number(self.observation.execution.log[self.event]))

    def tell(self, again: Again | None) -> Hazard:
        """Say which thread gave it back, and where."""
        event = self.observation.execution.log[self.event]
        number = site_number(event)
        use = SiteUse(site_of(number), thread_of(event), "release")
        name = f"semaphore {SITES[number].label}"
        has, hint = "has not got", ": ask what `acquire()` has returned"
        if self.before is not None:
            line = line_of(site_of(site_number(self.observation.execution.log[self.before])))
            has, hint = f"has given back already, at {line}", ""
        return told(
            self.observation,
            self.kind,
            f"{thread_name(use.thread, '')} gives back a permit of {name} at {where(use)} that it "
            f"{has}, and then there are more of them than there were at first{hint}",
            location=name,
            sites=(use,),
            highlighted={self.event},
        )


class OverReleases(Detector):
    """Goes through what is done to semaphores, if anything is."""

    kinds = (KINDS[OVER_RELEASE],)
    is_warning = True

    def findings(self, observation: Observation, asked: Asked) -> Iterable[Finding]:
        """Return the permits that were given back and not taken."""
        execution = observation.execution
        if not is_there(COUNTED, execution.noted):
            return ()
        given = _given_too_many(execution)
        return [FoundOverRelease(OVER_RELEASE, observation, *events) for events in given]


@dataclass(slots=True)
class _Permits:
    """Of one semaphore."""

    first: int
    """So many there were at first."""
    most: int = 0
    owned: Counter[int] = field(default_factory=Counter)
    """By thread: those that it has taken and not given back."""
    trying: set[int] = field(default_factory=set)
    """Threads that have found none: they have got one since if they were let go on."""
    regular: set[int] = field(default_factory=set)
    """Sites that give back what was taken."""
    doubtful: list[tuple[int, int | None]] = field(default_factory=list)
    """Events that give back what was not, each with the one by which the thread had given back the
    permit that it had, if it has tried for none since.
    """
    given_last: dict[int, int] = field(default_factory=dict)
    """By thread: the event by which it has given back what it had, if it was its last."""


def _given_too_many(execution: Execution) -> Iterable[tuple[int, int | None]]:
    found: dict[Resource, _Permits] = {}
    waiting: set[int] = set()
    """Threads whose last wait has not run out, since they were about to take a permit."""
    for position, thread, _, resource, part, op in execution.noted:
        if op == COUNTED:
            permits = found.setdefault(resource, _Permits(part))
            _settle(permits, thread, waiting)
            _do(permits, position - 1, execution.log[position - 1], part)
            waiting.discard(thread)
        elif found and op == WAIT:
            waiting.add(thread)
        elif found and op == EXPIRE and resource == THREAD:
            waiting.discard(part)
    for permits in found.values():
        if 1 <= permits.first < permits.most:
            is_kept = any(permits.owned.values())
            for event, before in permits.doubtful:
                if site_number(execution.log[event]) in permits.regular:
                    yield event, None
                elif before is not None and not is_kept:
                    yield event, before


def _settle(permits: _Permits, thread: int, waiting: set[int]) -> None:
    """Decide whether a thread has got the permit that was not there."""
    if thread in permits.trying:
        permits.trying.discard(thread)
        permits.owned[thread] += thread in waiting


def _do(permits: _Permits, index: int, event: Event, count: int) -> None:
    thread, site = thread_of(event), SITES[site_number(event)]
    if operation(event) == RELEASE or site.name == "release":
        permits.most = max(permits.most, count + 1)
        if permits.owned[thread]:
            permits.owned[thread] -= 1
            permits.regular.add(site_number(event))
            permits.given_last[thread] = index
        else:
            permits.doubtful.append((index, permits.given_last.get(thread)))
    elif site.op == ACQUIRE or site.name == "acquire":
        permits.given_last.pop(thread, None)
        if count:
            permits.owned[thread] += 1
        else:
            permits.trying.add(thread)
