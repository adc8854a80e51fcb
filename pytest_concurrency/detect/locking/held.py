"""Which locks each thread held at each event of an execution.

Lock sets (Savage, Burrows, Nelson, Sobalvarro, Anderson: "Eraser", TOCS 1997) of locks that
exclude. A lock of the standard library that its holder does not release itself is a signal, such as
the one that a waiting condition sleeps on: nobody holds that.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

from pytest_concurrency.runtime.trace.event import Log, thread_of
from pytest_concurrency.runtime.trace.operations import ACQUIRED, RELEASED
from pytest_concurrency.runtime.trace.resource import Location, Resource
from pytest_concurrency.runtime.trace.sites import INTERNAL
from pytest_concurrency.runtime.trace.synchronisation import Noted, is_there

MOST_NOTED: Final = 20_000
"""Synchronisations of an execution whose locks are gone through unasked: one that spins has a
million, and takes the same locks again and again."""


class Taken(NamedTuple):
    """Where a thread has acquired a lock that it holds."""

    site: int
    """The number of the site; ``INTERNAL`` inside the standard library. What a condition takes back
    after a wait has been taken where the program did."""
    position: int
    """How many events of the log came before it held the lock."""


Held = Mapping[Location, Taken]
"""The locks that a thread holds."""
_NOTHING: Held = MappingProxyType({})
_NO_LOCKS: frozenset[Location] = frozenset()


class Acquisition(NamedTuple):
    """A thread has acquired a lock while it held others."""

    thread: int
    lock: Location
    taken: Taken
    held: Held


class LocksHeld:
    """By event of the log, the locks that its thread held: that of an acquisition is not among
    them yet, that of a release still is.
    """

    def __init__(self, log: Log, noted: Sequence[Noted]) -> None:
        self._log = log
        self._changes: dict[int, tuple[list[int], list[Held]]] = {}
        """By thread: after how many events of the log it held others, and which."""
        self._sets: dict[int, frozenset[Location]] = {}
        """By ``id`` of what is in there: its locks alone."""
        self.nested: list[Acquisition] = []
        """What was acquired while others were held."""
        self.passed_on: set[Location] = set()
        """Locks that another thread than their holder has released: for them one does not have to
        wait for their holder."""
        if is_there(ACQUIRED, noted):
            self._go_through(noted)

    def _go_through(self, noted: Sequence[Noted]) -> None:
        signals = _signals(noted)
        holders: dict[Location, int] = {}
        sites: dict[tuple[int, Location], int] = {}
        for position, thread, site, resource, part, op in noted:
            lock = (resource, part)
            if op == ACQUIRED and lock not in signals:
                holders[lock] = thread
                number = sites.get((thread, lock), site) if site == INTERNAL else site
                sites[thread, lock] = number
                taken, held = Taken(number, position), self.held_last(thread)
                if held:
                    self.nested.append(Acquisition(thread, lock, taken, held))
                self._change(thread, position, {**held, lock: taken})
            elif op == RELEASED and lock in holders:
                holder = holders.pop(lock)
                if holder != thread:
                    self.passed_on.add(lock)
                left = {key: each for key, each in self.held_last(holder).items() if key != lock}
                self._change(holder, position, left)

    def __len__(self) -> int:
        return len(self._log)

    def __getitem__(self, index: int) -> frozenset[Location]:
        """Return the locks that the thread of the event at ``index`` held."""
        held = self.taken(index)
        if not held:
            return _NO_LOCKS
        locks = self._sets.get(id(held))
        if locks is None:
            locks = self._sets[id(held)] = frozenset(held)
        return locks

    @property
    def is_any_taken(self) -> bool:
        """Whether any thread has taken a lock."""
        return bool(self._changes)

    def taken(self, index: int) -> Held:
        """Return the same locks, the oldest first, each with where it was acquired."""
        changes = self._changes.get(thread_of(self._log[index]))
        if changes is None:
            return _NOTHING
        last = bisect_right(changes[0], index) - 1
        return changes[1][last] if last >= 0 else _NOTHING

    def held_last(self, thread: int) -> Held:
        """Return what a thread holds in the end."""
        changes = self._changes.get(thread)
        return changes[1][-1] if changes is not None else _NOTHING

    def _change(self, thread: int, position: int, held: Held) -> None:
        positions, sets = self._changes.setdefault(thread, ([], []))
        positions.append(position)
        sets.append(held)


def locks_held(log: Log, noted: Sequence[Noted]) -> LocksHeld:
    """Return which locks the thread of each event of ``log`` held."""
    return LocksHeld(log, noted)


def nested(noted: Sequence[Noted]) -> frozenset[object]:
    """Return the same for two executions in which the same locks are taken while the same others
    are held; nothing where no thread ever does so. Asked of each new interleaving: it is quick, and
    counts signals, too.
    """
    found: set[object] = set()
    if not is_there(ACQUIRED, noted):
        return frozenset()
    held: dict[int, dict[object, int]] = {}
    holders: dict[object, int] = {}
    for _, thread, site, lock, _, op in noted:
        if op == ACQUIRED:
            mine = held.get(thread)
            if mine is None:
                mine = held[thread] = {}
            elif mine:
                found.add((thread, site, lock, *mine.items()))
            mine[lock] = site
            holders[lock] = thread
        elif op == RELEASED:
            holder = holders.pop(lock, None)
            if holder is not None:
                held[holder].pop(lock, None)
    return frozenset(found)


def _signals(noted: Sequence[Noted]) -> set[Location]:
    """Return the locks of the standard library that are held by nobody: their holders wait until
    somebody else releases them, or leave them behind.
    """
    holders: dict[Location, int] = {}
    released: set[Location] = set()
    for _, thread, site, resource, part, op in noted:
        if site == INTERNAL and is_inner_lock(resource):
            if op == ACQUIRED:
                holders[resource, part] = thread
            elif op == RELEASED and holders.get((resource, part)) == thread:
                released.add((resource, part))
    return holders.keys() - released


def is_inner_lock(resource: Resource) -> bool:
    """Whether it is a lock that only the standard library uses."""
    return isinstance(resource, int) and resource < 0
