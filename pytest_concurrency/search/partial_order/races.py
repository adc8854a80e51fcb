"""Which transitions of an execution might as well have come the other way round.

Two transitions *race* if the order of the two matters, and nothing else orders them: what the later
one needs does not hang on the earlier one (Abdulla, Aronis, Jonsson, Sagonas: "Optimal Dynamic
Partial Order Reduction", POPL 2014; Flanagan, Godefroid: "Dynamic Partial-Order Reduction for Model
Checking Software", POPL 2005). To reverse them, one of the threads that may begin what does not
come after the earlier one has to go on instead of it: these are its *initials*.

Who waits for a lock as long as it takes cannot go on before it is given back: its acquisition races
with the one before it, not with the release in between.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pytest_concurrency.runtime.trace.resource import Location, Resource
from pytest_concurrency.search.partial_order.footprints import (
    CHANGES,
    GIVES,
    SEES_END,
    TAKES,
    WAITS,
    Footprint,
    overlapping,
)
from pytest_concurrency.search.partial_order.transitions import Cutter, Decision, Transition

Clock = list[int]
"""By thread: its last transition that is known to have happened; -1: none."""


class Race(NamedTuple):
    """What has to be tried instead of a decision that was made."""

    decision: int
    initials: tuple[int, ...]
    """Threads; one of them has to go on there, the last one if none else does."""


class _Last:
    """What was done last at a location."""

    __slots__ = ("change", "given", "reads", "taken")

    def __init__(self) -> None:
        self.change = -1
        self.reads: dict[int, int] = {}
        """By thread: its last look since the last change."""
        self.taken = -1
        self.given = -1
        """A lock."""


class Races:
    """Goes through the transitions of an execution."""

    def __init__(self, cutter: Cutter, decisions: Sequence[Decision]) -> None:
        self._transitions = cutter.transitions
        self._waits_for_lock = cutter.waits_for_lock
        self._decisions = decisions
        threads = 1 + max((t.thread for t in self._transitions), default=0)
        for each in self._transitions:
            threads = max(threads, 1 + max((*each.started, *each.expired, *each.woken), default=0))
        self._nothing: Clock = [-1] * threads
        self._clocks: list[Clock] = []
        """What each transition comes after."""
        self._threads: list[Clock] = [self._nothing] * threads
        """What the next transition of each thread comes after in any case."""
        self._last: dict[Resource, dict[object, _Last]] = {}

    def found(self, first: int) -> Iterator[Race]:
        """Yield the races of which the later transition is not before the decision ``first``."""
        is_new = not first
        for number, each in enumerate(self._transitions):
            is_new = is_new or (each.decision is not None and each.decision >= first)
            before, candidates = self._needs(each)
            clock = [*before]
            self._join_conflicts(clock, each.footprint)
            if is_new:
                for earlier in candidates:
                    yield from self._race(earlier, each.thread, number, clock)
                yield from self._too_late(each)
            clock[each.thread] = number
            self._clocks.append(clock)
            self._add(number, each, clock)
        for thread, where in self._waits_for_lock.items():
            # It would take the lock if it could.
            clock = self._threads[thread]
            taken = self._at(where).taken
            if taken >= 0 and not self._is_before(taken, clock):
                yield from self._race(taken, thread, len(self._transitions), clock)

    @property
    def interleaving(self) -> int:
        """Return the same for executions in which what conflicts came in the same order; to be
        asked when all races have been found.
        """
        place: list[int] = []
        """By transition: how many of its thread have touched anything, this one included."""
        orders: list[list[tuple[int, ...]]] = [[] for _ in self._nothing]
        for each, clock in zip(self._transitions, self._clocks, strict=True):
            order = orders[each.thread]
            place.append(len(order) + bool(each.footprint))
            if each.footprint:  # else it has come to a lock, and waits
                order.append(tuple([0 if number < 0 else place[number] for number in clock]))
        return hash(tuple(map(tuple, orders)))

    def _needs(self, transition: Transition) -> tuple[Clock, list[int]]:
        """Return what has to come before a transition, and which earlier ones it races with."""
        base = self._threads[transition.thread]
        given = {}
        full = base
        for where, effect in _locations(transition.footprint):
            if effect & WAITS:
                number = self._at(where).given
                if number >= 0:
                    given[where] = number
                    full = _joined(full, self._clocks[number])
            elif effect & SEES_END and self._at(where).change >= 0:
                full = _joined(full, self._clocks[self._at(where).change])
        direct: list[int] = []
        locks: list[int] = []
        for where, effect in _locations(transition.footprint):
            if effect & SEES_END:
                continue
            if effect & WAITS:
                last = self._at(where)
                others = base
                for other, number in given.items():
                    if other != where:
                        others = _joined(others, self._clocks[number])
                if last.taken >= 0 and not self._is_before(last.taken, others):
                    locks.append(last.taken)
                if last.change == last.given:
                    direct += [n for n in last.reads.values() if not self._is_before(n, full)]
                continue
            direct += [n for n in self._conflicts(where, effect) if not self._is_before(n, full)]
        latest = [n for n in {*direct} if not any(self._is_in(n, m) for m in direct)]
        return full, [*{*latest, *locks}]

    def _is_before(self, number: int, clock: Clock) -> bool:
        return clock[self._transitions[number].thread] >= number

    def _is_in(self, number: int, other: int) -> bool:
        return number != other and self._is_before(number, self._clocks[other])

    def _at(self, where: Location) -> _Last:
        resource, part = where
        parts = self._last.setdefault(resource, {})
        last = parts.get(part)
        if last is None:
            last = parts[part] = _Last()
        return last

    def _conflicts(self, where: Location, effect: int) -> Iterator[int]:
        parts = self._last.get(where[0], {})
        for part in overlapping(parts, where[1]):
            last = parts[part]
            if last.change >= 0:
                yield last.change
            if effect & CHANGES:
                yield from last.reads.values()

    def _join_conflicts(self, clock: Clock, footprint: Footprint) -> None:
        for where, effect in _locations(footprint):
            for number in self._conflicts(where, effect):
                _join(clock, self._clocks[number])

    def _race(self, earlier: int, thread: int, later: int, clock: Clock) -> Iterator[Race]:
        """Say who could begin what does not come after the earlier one."""
        before = self._transitions[earlier]
        if before.decision is None or before.thread == thread:
            return
        firsts: dict[int, int] = {}
        initials = []
        for number in range(earlier + 1, later + 1):
            known = clock if number == later else self._clocks[number]
            each = thread if number == later else self._transitions[number].thread
            if number != later and known[before.thread] >= earlier:
                continue
            if each not in firsts:
                if all(known[other] < first for other, first in firsts.items()):
                    initials.append(each)
                firsts[each] = number
        yield Race(before.decision, tuple(initials))

    def _too_late(self, transition: Transition) -> Iterator[Race]:
        """Say whose wait might have run out before they were woken."""
        if transition.decision is not None:
            sleepers = self._decisions[transition.decision].sleepers
            for thread in transition.woken:
                if thread in sleepers:
                    yield Race(transition.decision, (thread,))

    def _add(self, number: int, transition: Transition, clock: Clock) -> None:
        self._threads[transition.thread] = clock
        decision = transition.decision
        sleepers = () if decision is None else self._decisions[decision].sleepers
        for thread in transition.started:
            self._threads[thread] = clock
        for thread in (*transition.woken, *transition.expired):
            if thread not in sleepers and thread != transition.thread:
                self._threads[thread] = _joined(self._threads[thread], clock)
        for where, effect in _locations(transition.footprint):
            last = self._at(where)
            if effect & CHANGES:
                last.change = number
                last.reads = {}
                if effect & TAKES:
                    last.taken = number
                if effect & GIVES:
                    last.given = number
            elif not effect & SEES_END:
                last.reads[transition.thread] = number


def _locations(footprint: Footprint) -> Iterator[tuple[Location, int]]:
    for resource, parts in footprint.items():
        for part, effect in parts.items():
            yield (resource, part), effect


def _joined(one: Clock, other: Clock) -> Clock:
    return [*map(max, one, other)]


def _join(clock: Clock, other: Clock) -> None:
    clock[:] = map(max, clock, other)
