"""Follow: executes the events of a log in another order, as far as that can be done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytest_concurrency.runtime.scheduler.protocols import SHORT_WAIT_SECONDS, View
from pytest_concurrency.runtime.scheduler.task import Task, Waiting
from pytest_concurrency.runtime.trace.event import Log, thread_of

_NEVER = 1 << 60


class Follow:
    """At each point, lets that thread go on whose next event comes first in the order planned.

    Events are told apart by thread and number. Where the threads do something else than planned,
    the running one goes on, or else the lowest one.
    """

    name = "follow"
    longest_early_wait = SHORT_WAIT_SECONDS
    offers: Sequence[Any] = ()

    def __init__(self, plan: Log) -> None:
        self._plan: dict[int, list[int]] = {}
        for position, event in enumerate(plan):
            self._plan.setdefault(thread_of(event), []).append(position)

    def begin(self, view: View) -> bytearray | None:
        """Start over."""
        self._view, self._log = view, view.log
        self._read = 0
        self._done: dict[int, int] = {}
        return None

    def changed(self) -> None:
        """The plan decides, whoever is runnable."""

    def choose(self, enabled: list[Task], task: Task) -> Task:
        """Pick the thread that is next in the plan."""
        self._catch_up()
        return min(enabled, key=lambda each: (self._next(each), each is not task, each.index))

    def hurry(self, sleepers: list[Task], task: Task) -> Task | None:
        """End a sleep whose thread comes before all that could go on."""
        self._catch_up()
        asleep = [each for each in sleepers if sleeps(each)]
        first = min(asleep, key=self._next, default=None)
        if first is None or self._next(first) == _NEVER:
            return None
        others = (self._next(each) for each in self._view.enabled)
        return first if self._next(first) < min(others, default=_NEVER) else None

    def grant(self, task: Task, enabled: list[Task]) -> int:
        """Be asked at each point."""
        return 0

    def _catch_up(self) -> None:
        for number in range(self._read, len(self._log)):
            thread = thread_of(self._log[number])
            self._done[thread] = self._done.get(thread, 0) + 1
        self._read = len(self._log)

    def _next(self, task: Task) -> int:
        planned = self._plan.get(task.index, ())
        done = self._done.get(task.index, 0)
        return planned[done] if done < len(planned) else _NEVER


def sleeps(task: Task) -> bool:
    """Whether a thread waits for nothing but time."""
    reason = task.blocked_on
    return isinstance(reason, Waiting) and reason.kind == "sleep"
