"""Cuts an execution into transitions: what a thread does from one decision to the next.

What a transition has touched is read from the trace, after it has happened. So it may be whatever a
thread does when it goes on: an access; what the standard library does with a lock of its own; what
a thread does that was woken; or that a wait runs out although others could go on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from pytest_concurrency.runtime.trace.event import Event, Log, access
from pytest_concurrency.runtime.trace.operations import (
    ACQUIRE,
    ACQUIRED,
    END,
    EXPIRE,
    JOINED,
    LOOK,
    OPERATIONS,
    RELEASE,
    RELEASED,
    START,
    STEP,
    TRY,
    WAIT,
    WAKE,
)
from pytest_concurrency.runtime.trace.resource import THREAD, Location, Resource
from pytest_concurrency.runtime.trace.synchronisation import Noted
from pytest_concurrency.search.partial_order.footprints import (
    CHANGES,
    END_OF,
    READS,
    WAITS,
    Effects,
    Footprint,
    add,
    effects,
)

_POINTS = {STEP, ACQUIRE, TRY, RELEASE} | {
    each.name for each in OPERATIONS.values() if (each.reads or each.writes) and each.name != LOOK
}
"""What comes after a scheduling point, whether anybody was asked there or not."""


class Decision(NamedTuple):
    """A choice of who goes on."""

    log: int
    noted: int
    """How many events there were of both."""
    choices: tuple[int, ...]
    """The threads that could be chosen."""
    sleepers: tuple[int, ...]
    """Those of them that wait, with a limit that may be up."""
    chosen: int


class Transition:
    """What one thread has done without a decision in between."""

    __slots__ = ("decision", "expired", "footprint", "started", "thread", "woken")

    def __init__(self, thread: int, decision: int | None) -> None:
        self.thread = thread
        self.decision = decision
        """The number of the decision by which it came; None if nobody else could go on."""
        self.footprint: Footprint = {}
        self.started: list[int] = []
        """Threads that it has started."""
        self.woken: list[int] = []
        """Threads that it has let go on, other than by letting go of a lock."""
        self.expired: list[int] = []
        """Threads whose wait has run out by its doing."""


class Cutter:
    """Goes through an execution, and cuts it."""

    def __init__(self) -> None:
        self.transitions: list[Transition] = []
        self.waits_for_lock: dict[int, Location] = {}
        """By thread: the lock that it waits for, for as long as it takes."""
        self._standing: dict[int, tuple[Resource, str]] = {}
        """By thread: the lock that it has come to last, and whether it waits for it."""
        self._waits: dict[int, Location] = {}
        """By thread: what else it waits for."""
        self._has_stopped = False
        """Whether the thread of the last transition cannot go on."""
        self._is_under_way = False
        """Whether it has done anything."""
        self._resumed: Location | None = None
        """What the thread of the last transition had waited for."""
        self._let_go: Resource | None = None
        """The lock of which has just been let go."""
        self._impatient: set[int] = set()
        """Threads whose wait might have run out while others could go on."""
        self._asking: set[int] = set()
        """Threads that have come to ask whether another one has ended."""

    def decide(self, number: int, decision: Decision) -> None:
        """Begin with what the thread does that was chosen."""
        self._impatient.update(decision.sleepers)
        self._begin(decision.chosen, number)

    def _begin(self, thread: int, decision: int | None) -> Transition:
        self.end()
        transition = Transition(thread, decision)
        self.transitions.append(transition)
        self._has_stopped = self._is_under_way = False
        self._resumed = self._waits.pop(thread, None)
        return transition

    def end(self) -> None:
        """Note what the last transition has found out: that it has to wait, or has waited enough.

        Who comes to a thread that goes on has not found out anything until it has waited for it.
        """
        if not self.transitions:
            return
        last = self.transitions[-1]
        where = self._resumed
        if where is not None and where[1] not in last.footprint.get(where[0], ()):
            add(last.footprint, where, READS)
        where = self._waits.get(last.thread)
        if where is not None and where[0] != THREAD:
            add(last.footprint, where, READS)

    def go_through(self, events: Iterable[Event]) -> None:
        """Add what has happened since."""
        for event in events:
            thread, site, resource, part, op = event
            if op == EXPIRE:
                self._run_out(part)
                continue
            transition = self.transitions[-1] if self.transitions else self._begin(thread, None)
            is_point = op in _POINTS
            if thread not in (transition.thread, -1) or (is_point and self._is_under_way):
                transition = self._begin(thread, None)
            found = effects(site, resource, part, op)
            self._is_under_way = self._is_under_way or is_point or bool(found)
            for where, effect in found:
                if op == ACQUIRED and not self._has_tried(thread, where):
                    effect |= WAITS
                elif op == JOINED and thread in self._asking:
                    effect = READS  # who asks does not wait for it
                add(transition.footprint, where, effect)
            if is_point:
                self._note_asking(thread, found)
            if found:
                self._let_go = resource if op == RELEASED else None
                self._has_stopped = op == END
            if op in (ACQUIRE, TRY):
                self._standing[thread] = (resource, op)
            elif op == START:
                transition.started.append(part)
                add(transition.footprint, (THREAD, START), CHANGES)
            elif op == WAKE:
                self._wake(transition, part)
            elif op == WAIT:
                self._wait(thread, (resource, part))

    def _note_asking(self, thread: int, found: Effects) -> None:
        if any(where[0] == END_OF and effect == READS for where, effect in found):
            self._asking.add(thread)
        else:
            self._asking.discard(thread)

    def _has_tried(self, thread: int, lock: Location) -> bool:
        """Whether a thread that takes a lock would have gone on without it."""
        self.waits_for_lock.pop(thread, None)
        if self._resumed == lock:
            return thread in self._impatient
        return self._standing.get(thread) == (lock[0], TRY)

    def _wait(self, thread: int, where: Location) -> None:
        self._has_stopped = True
        self._impatient.discard(thread)
        if self._standing.get(thread) == (where[0], ACQUIRE):
            self.waits_for_lock[thread] = where
        elif where[0] not in ("group", "sleep"):
            self._waits[thread] = where

    def _wake(self, transition: Transition, thread: int) -> None:
        waits_for_lock = self.waits_for_lock.get(thread) or self._waits.get(thread)
        if waits_for_lock is None or waits_for_lock[0] != self._let_go:
            transition.woken.append(thread)

    def _run_out(self, thread: int) -> None:
        if not self._has_stopped:
            self.transitions[-1].expired.append(thread)


def between(
    log: Log, noted: Sequence[Noted], start: tuple[int, int], end: tuple[int, int]
) -> Iterator[Event]:
    """Yield the events of both in order, from where there were so many of each."""
    (first, first_noted), (last, last_noted) = start, end
    for position, *event in noted[first_noted:last_noted]:
        yield from log[first:position]
        first = position
        yield access(*event)
    yield from log[first:last]
