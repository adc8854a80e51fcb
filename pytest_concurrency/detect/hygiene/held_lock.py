"""Locks that a thread still holds when it ends, as it does in no serial execution.

None is accused that is a signal: given back by another thread than has taken it, or taken only if
it is free, by the first who comes. Nor are those of the main thread and of daemons, which go on.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

from pytest_concurrency.detect.detector import Again, Asked, Detector, Finding
from pytest_concurrency.detect.observation import Execution, Observation
from pytest_concurrency.detect.telling import site_of, told, where
from pytest_concurrency.kinds import KINDS, LOCK_HELD_AT_END
from pytest_concurrency.model import Hazard, SiteUse
from pytest_concurrency.runtime.diagnosis.lock_names import thread_name
from pytest_concurrency.runtime.patches.threads import THREAD_END
from pytest_concurrency.runtime.trace.event import (
    operation,
    resource_of,
    rows,
    site_number,
    thread_and_site,
    thread_of,
)
from pytest_concurrency.runtime.trace.operations import ACQUIRE, ACQUIRED, RELEASED
from pytest_concurrency.runtime.trace.resource import Resource


def signs_of(execution: Execution) -> frozenset[Hashable]:
    """Return how the locks are known that threads still hold at their end."""
    return frozenset(_sign(execution, event) for event in _held(execution))


@dataclass(frozen=True, slots=True, eq=False)
class FoundHeldLock(Finding):
    """A lock that nobody has given back."""

    event: int
    """By which it was taken, as an index into the log."""

    @property
    def identity(self) -> Hashable:
        """By where it was taken."""
        return _sign(self.observation.execution, self.event)

    def tell(self, again: Again | None) -> Hazard:
        """Say which lock it is, who has taken it where, and what that thread did last."""
        log, accesses = self.observation.execution.log, self.observation.accesses
        event = log[self.event]
        thread, site = thread_of(event), site_of(site_number(event))
        use = SiteUse(site, thread, "acquire")
        name = accesses[self.event].location if accesses else ""
        last = max(
            index
            for index, (by, number, *_) in enumerate(rows(log))
            if by == thread and number != THREAD_END
        )
        message = (
            f"{thread_name(thread, '')} ended while it held {name or 'a lock'}, which it had taken "
            f"at {where(use)}: nobody gives it back"
        )
        return told(
            self.observation,
            self.kind,
            message,
            location=name,
            sites=[use],
            highlighted={self.event, last},
        )


class HeldLocks(Detector):
    """The baton knows who holds what at the end."""

    kinds = (KINDS[LOCK_HELD_AT_END],)

    def findings(self, observation: Observation, asked: Asked) -> Iterable[Finding]:
        """Return the locks that are held; where a test fails, or a thread dies, that is told."""
        execution = observation.execution
        if not execution.kept_locks or observation.failure is not None:
            return ()
        held = _held(execution)
        if not held or asked.again is None:
            return [FoundHeldLock(LOCK_HELD_AT_END, observation, event) for event in held]
        serials = asked.again.serials(execution.threads)
        usual = frozenset().union(*(serial.left for serial in serials))
        return [
            FoundHeldLock(LOCK_HELD_AT_END, observation, event)
            for event in held
            if serials and _sign(execution, event) not in usual
        ]


def _held(execution: Execution) -> Sequence[int]:
    return [
        event
        for thread, lock in execution.kept_locks
        if (event := _taken(execution, thread, lock)) is not None
    ]


def _taken(execution: Execution, thread: int, lock: Resource) -> int | None:
    """Return by which event of the log a thread has taken a lock that it has not given back; None
    if it is a signal, or not waited for.
    """
    holder, since, at = -1, 0, -1
    for position, by, site, resource, _, op in execution.noted:
        if resource == lock and op == RELEASED:
            if by != holder:
                return None
            holder = -1
        elif resource == lock and op == ACQUIRED:
            holder, since, at = by, position, site
    taken = (thread, at, lock)
    for index in reversed(range(since)):
        event = execution.log[index]
        if (*thread_and_site(event), resource_of(event)) == taken:
            return index if operation(event) == ACQUIRE else None
    return None


def _sign(execution: Execution, event: int) -> Hashable:
    site = site_of(site_number(execution.log[event]))
    return (LOCK_HELD_AT_END, site.path, site.line)
