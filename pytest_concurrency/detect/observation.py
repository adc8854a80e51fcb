"""What is known of one execution: what it did, how the test judged it, and the record of it if one
was made. Everything that detectors judge by.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, NamedTuple

from pytest_concurrency.detect.effects import Contents
from pytest_concurrency.detect.locking.held import LocksHeld, locks_held
from pytest_concurrency.detect.outcome import Outcome
from pytest_concurrency.kinds import TEST_FAILURE, HazardKind
from pytest_concurrency.model import Access, Schedule, Site, Symptom, ThreadState
from pytest_concurrency.runtime.helpers.marks import Mark
from pytest_concurrency.runtime.system.frames import Stack
from pytest_concurrency.runtime.trace.event import Event, location, site_and_operation
from pytest_concurrency.runtime.trace.failed_jobs import FailedJob
from pytest_concurrency.runtime.trace.happens_before import HappensBefore
from pytest_concurrency.runtime.trace.resource import Location, Resource
from pytest_concurrency.runtime.trace.synchronisation import Noted, merged

Done = frozenset[tuple[int, str]]
"""Sites, and what is done there."""


class Leak(NamedTuple):
    """A thread that has not ended although what started it has."""

    thread: int
    name: str
    origin: tuple[str, int, str] | None
    """Where it was started: path, line, function."""


@dataclass(slots=True)
class Execution:
    """What one execution did. Mutable only because thousands are made each second."""

    outcome: str
    """Empty if it ran to its end; else ``deadlock``, ``step-limit``, ``timeout``, or what is no
    hang: ``too-long`` (it still went on when its time was up), ``cut`` (the time of the search was
    up before its own)."""
    switches: Sequence[tuple[int, int, int]]
    preemptions: int
    steps: int
    log: list[Event]
    threads: int
    thread_errors: Sequence[tuple[int, str, BaseException]]
    """Exceptions that ended threads which the program itself started: index, name, exception."""
    states: tuple[ThreadState, ...]
    leaked: int
    passed: int = 0
    """Scheduling points at which the strategy might have switched."""
    offers: Sequence[Any] = ()
    """What the strategy noted down for itself."""
    lost_sight: bool = False
    """Whether a thread was blocked where the scheduler could not see it."""
    hurried: Sequence[tuple[int, float]] = ()
    """Waits that ran out while others could go on: the thread's index, seconds."""
    marks: Sequence[Mark] = ()
    """Where functions have been that need marks to tell what flows into what they write."""
    leaks: Sequence[Leak] = ()
    """Threads that have outlived the program."""
    noted: Sequence[Noted] = ()
    """How the threads have met, other than at scheduling points."""
    unasked: Sequence[FailedJob] = ()
    """Jobs that have failed, with nobody asking how they ended."""
    kept_locks: Sequence[tuple[int, Resource]] = ()
    """Threads that have ended while they held a lock, and the lock."""
    is_partial: bool = False
    """Whether accesses that no two threads conflict with, as far as is known, are not in its log.
    """

    @property
    def trace(self) -> list[Event]:
        """All that happened, in order."""
        return list(merged(self.log, self.noted))

    @property
    def schedule(self) -> Schedule:
        """The schedule that gives this execution again."""
        return Schedule(tuple(self.switches))


@dataclass(frozen=True, slots=True)
class Failure:
    """An execution that ended as no serial run does: what a person is told about it."""

    message: str
    detail: str = ""
    kind: HazardKind = TEST_FAILURE
    exception: str = ""
    """The exception's type; empty where there is none."""
    site: Site | None = None
    """Where it was raised: the innermost line of the user's own code."""
    stack: tuple[tuple[str, int], ...] = ()
    """The lines of the user's own code that it went through, the innermost last."""

    @property
    def symptom(self) -> Symptom:
        """The same for two sightings of one failure.

        Not by its text: that may hold a path, an address, a process id, a port or a time, which
        differ from execution to execution.
        """
        path, line = (self.site.path, self.site.line) if self.site is not None else ("", 0)
        return (self.kind, self.exception, path, line)


@dataclass(slots=True)
class Observation:
    """An execution and how the test judged it."""

    execution: Execution
    failure: Failure | None = None
    accesses: Sequence[Access] = ()
    """The full record, if one was asked for: one entry per event of the execution's log."""
    waits: Sequence[tuple[int, Access]] = ()
    """With it: where threads went on that had waited, before which event of the log."""
    contents: Contents = ()
    """With it: what was in the locations."""
    strands: Sequence[int] = ()
    """With it: who did it, where tasks of an event loop count as themselves."""
    stacks: Sequence[Stack] = ()
    """With it: where the threads stood."""
    own_lines: frozenset[tuple[str, int]] = frozenset()
    """Lines (path, number) whose doings are nobody's fault: a value that is lost because one of
    them has handed it on to another one does not count."""
    outcome: Outcome | None = None
    """What it came to; None if it was not asked, or is not worth it."""
    is_repeated: bool = False
    """Whether another execution of its schedule has done the same things in the same order."""
    _touched: dict[Location, list[int]] | None = field(default=None, init=False, repr=False)
    _done: Done | None = field(default=None, init=False, repr=False)
    _order: HappensBefore | None = field(default=None, init=False, repr=False)
    _held: LocksHeld | None = field(default=None, init=False, repr=False)

    @property
    def touched(self) -> Mapping[Location, Sequence[int]]:
        """By location, which events of the log are there. For all detectors the log is gone
        through once.
        """
        if self._touched is None:
            touched: defaultdict[Location, list[int]] = defaultdict(list)
            for index, where in enumerate(map(location, self.execution.log)):
                touched[where].append(index)
            self._touched = dict(touched)
        return self._touched

    @property
    def done(self) -> Done:
        """What was done at which sites, in whatever order."""
        if self._done is None:
            self._done = frozenset(map(site_and_operation, self.execution.log))
        return self._done

    @property
    def locks_held(self) -> LocksHeld:
        """By event of the log, the locks that its thread held."""
        if self._held is None:
            self._held = locks_held(self.execution.log, self.execution.noted)
        return self._held

    def are_unordered(self, one: int, other: int) -> bool:
        """Whether two events of the log might as well have happened the other way round, as far as
        it is seen how the threads have met.
        """
        if self._order is None:
            self._order = HappensBefore(self.execution.trace)
        return self._order.are_unordered(self._in_trace(one), self._in_trace(other))

    def _in_trace(self, index: int) -> int:
        noted = self.execution.noted
        return index + bisect_right(noted, index, key=itemgetter(0))
