"""Crossing: nobody of some threads takes its second lock before all of them hold their first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_concurrency.runtime.tasks.protocols import SHORT_WAIT_SECONDS, Strategy, View
from pytest_concurrency.runtime.tasks.task import Task, Waiting
from pytest_concurrency.runtime.trace.event import thread_of
from pytest_concurrency.search.orders.fair import PATIENCE


@dataclass(frozen=True, slots=True)
class Pause:
    """Where a thread is kept from going on."""

    number: int
    """So many events of its own come before."""
    site: int
    """Of what it is about to do."""


class Crossing:
    """Keeps threads where they are to pause as long as another one can go on, and lets ``base``
    choose among the others.

    A thread pauses at its n-th event, as in the execution that showed where; with ``at_site``
    wherever it comes to that site and a throw of the coin says so. As in Joshi, Park, Sen, Naik,
    "A Randomized Dynamic Program Analysis Technique for Detecting Real Deadlocks", PLDI 2009.
    """

    name = "crossing"
    longest_early_wait = SHORT_WAIT_SECONDS
    offers: Sequence[Any] = ()

    def __init__(
        self,
        base: Strategy,
        pauses: Mapping[int, Pause],
        at_site: Callable[[], bool] | None = None,
    ) -> None:
        self._base = base
        self._pauses_at = pauses
        """By thread."""
        self._at_site = at_site

    def begin(self, view: View) -> bytearray | None:
        """Start over."""
        self._base.begin(view)
        self._view, self._log = view, view.log
        self._read = 0
        self._done: dict[int, int] = {}
        self._waited_since = 0
        """Points that had been passed when the first thread paused."""
        self._decided: dict[tuple[int, int], bool] = {}
        """By thread and how many events of its own came before: whether it pauses there."""
        return None

    def changed(self) -> None:
        """Let the base know."""
        self._base.changed()

    def choose(self, enabled: list[Task], task: Task) -> Task:
        """Pick among those that do not pause; where all do, one of them goes on."""
        self._catch_up()
        free = [each for each in enabled if not self._pauses(each)]
        if len(free) == 1:
            return free[0]
        chosen = self._base.choose(free or enabled, task)
        if not free:
            self._decided[self._at(chosen)] = False
        return chosen

    def hurry(self, sleepers: list[Task], task: Task) -> Task | None:
        """End a sleep where all that could go on pause."""
        self._catch_up()
        if not all(map(self._pauses, self._view.enabled)):
            return None
        return next(filter(_sleeps, sleepers), None)

    def grant(self, task: Task, enabled: list[Task]) -> int:
        """Be asked at each point."""
        return 0

    def _catch_up(self) -> None:
        for number in range(self._read, len(self._log)):
            thread = thread_of(self._log[number])
            self._done[thread] = self._done.get(thread, 0) + 1
        self._read = len(self._log)

    def _at(self, task: Task) -> tuple[int, int]:
        return (task.index, self._done.get(task.index, 0))

    def _pauses(self, task: Task) -> bool:
        pause = self._pauses_at.get(task.index)
        if pause is None or self._is_over():
            return False
        at = self._at(task)
        pauses = self._decided.get(at)
        if pauses is None:
            if self._at_site is None:
                pauses = at[1] == pause.number
            else:
                operation = task.operation
                is_there = operation is not None and operation.site == pause.site
                pauses = is_there and self._at_site()
            self._decided[at] = pauses
            if pauses and not self._waited_since:
                self._waited_since = self._view.total
        return pauses

    def _is_over(self) -> bool:
        """Whether others have gone on for so long that they may be waiting in a loop."""
        return bool(self._waited_since) and self._view.total > self._waited_since + PATIENCE


def _sleeps(task: Task) -> bool:
    return isinstance(task.blocked_on, Waiting) and task.blocked_on.kind == "sleep"
