"""Follow: executes the events of a log in another order, as far as that can be done."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Any

from pytest_concurrency.runtime.tasks.protocols import SHORT_WAIT_SECONDS, View
from pytest_concurrency.runtime.tasks.task import Task, Waiting
from pytest_concurrency.runtime.trace.event import Event, Log, thread_of
from pytest_concurrency.runtime.trace.sites import everywhere
from pytest_concurrency.runtime.trace.synchronisation import takes_up_work

_NEVER = 1 << 60


class Follow:
    """At each point, lets that thread go on whose next event comes first in the order planned.

    Events are told apart by thread and number. Where the threads do something else than planned,
    the running one goes on, or else the lowest one. The plan may also say when threads take up
    work, which is no event: of two that wait for jobs the right one is then the first.
    """

    name = "follow"
    longest_early_wait = SHORT_WAIT_SECONDS
    offers: Sequence[Any] = ()

    def __init__(self, plan: Log) -> None:
        self._plan: dict[int, list[int]] = {}
        self._work: dict[int, list[int]] = {}
        for position, event in enumerate(plan):
            planned = self._work if takes_up_work(event) else self._plan
            planned.setdefault(thread_of(event), []).append(position)

    def begin(self, view: View) -> bytearray:
        """Start over."""
        self._view, self._log = view, view.log
        self._noted = view.noted
        self._read = self._read_noted = 0
        self._done: dict[int, int] = {}
        self._taken: dict[int, int] = {}
        return everywhere()

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
        _count(self._log[self._read :], self._done)
        self._read = len(self._log)
        if self._work:
            new = (each[1:] for each in self._noted[self._read_noted :])
            _count(filter(takes_up_work, new), self._taken)
            self._read_noted = len(self._noted)

    def _next(self, task: Task) -> int:
        planned = self._plan.get(task.index, ())
        done = self._done.get(task.index, 0)
        following = planned[done] if done < len(planned) else _NEVER
        work = self._work.get(task.index, ())
        if not work:
            return following
        # Work that it should have taken up before its last event it does not take up any more.
        last = planned[min(done, len(planned)) - 1] if done and planned else -1
        taken = max(self._taken.get(task.index, 0), bisect_right(work, last))
        return min(following, work[taken]) if taken < len(work) else following


def _count(events: Iterable[Event], counts: dict[int, int]) -> None:
    for event in events:
        counts[thread_of(event)] = counts.get(thread_of(event), 0) + 1


def sleeps(task: Task) -> bool:
    """Whether a thread waits for nothing but time."""
    reason = task.blocked_on
    return isinstance(reason, Waiting) and reason.kind == "sleep"
