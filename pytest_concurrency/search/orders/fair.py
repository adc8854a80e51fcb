"""The default order, but fair: no preemption, unless a thread goes on for so long that it may be
waiting for another one in a loop.

That a program which waits in loops ends under fair schedules only, and that a thread is to be
passed over after it has yielded, is from Musuvathi and Qadeer, "Fair Stateless Model Checking",
PLDI 2008. Here no thread has to yield: a turn has so many points.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any

from pytest_concurrency.model import Schedule
from pytest_concurrency.runtime.tasks.protocols import View
from pytest_concurrency.runtime.tasks.task import Task, Timer
from pytest_concurrency.runtime.trace.operations import ONLY_READ, STEP
from pytest_concurrency.runtime.trace.pending import Operation
from pytest_concurrency.search.orders.replay import Replay

PATIENCE = 1000
"""Points that a thread may pass in a row while others could go on, where nothing is known of it."""
_SECONDS_PER_POINT = 10e-6
"""Virtual seconds that a point takes where others sleep: about as long as it does without us."""
_SECONDS_PER_POINT_AFTERWARDS = 10e-3
"""The same where it is only asked whether an execution ends at all: sleepers wake soon."""
_SPIN = 16
"""How often it may stand in a row before reading at one site, writing nothing in between: then it
waits for another one in a loop, as far as one can tell.
"""


class Turns:
    """Notices that a thread has gone on for too long: for more points than ``patience``."""

    def __init__(self, view: View, patience: int = PATIENCE) -> None:
        self._view = view
        self._patience = patience
        self._runner: Task | None = None
        self._until = 0
        self._reads: dict[int, int] = {}
        """By site: how often the runner was about to read there since it wrote something."""

    def is_over(self, task: Task, *, is_hot: bool = True) -> bool:
        """Whether ``task``, which stands at a point, has passed too many of them in a row; to be
        asked at each decision. Where the heat is off, what it did since is not known.
        """
        if task is not self._runner:
            self._runner = task
            self._until = self._view.total + self._patience
            self._reads = {}
            return False
        spins = is_hot and self._spins(task.operation)
        if self._view.total < self._until and not spins:
            return False
        self._runner = None
        return True

    def _spins(self, operation: Operation | None) -> bool:
        if operation is None:
            return False
        kind = operation.kind
        if kind not in ONLY_READ:
            self._reads = {}
        elif kind is not STEP:
            times = self._reads[operation.site] = self._reads.get(operation.site, 0) + 1
            return times > _SPIN
        return False


def _ends_at(sleeper: Task) -> float:
    assert sleeper.timer is not None
    return sleeper.timer.when


class Fair:
    """Without preemption: the running thread goes on; when it cannot, the runnable one with the
    lowest index does.
    """

    name = "fair"
    longest_early_wait = inf
    offers: Sequence[Any] = ()
    patience = PATIENCE
    _seconds_per_point = _SECONDS_PER_POINT

    def begin(self, view: View) -> bytearray | None:
        """Start over."""
        self._view = view
        self._turns = Turns(view, self.patience)
        self._ran: dict[Task, int] = {}
        """The points that had been passed when each thread ran last."""
        self._next: tuple[Timer | None, int] = (None, 0)
        """The wait that runs out first, and the points that had been passed when it became the
        first.
        """
        return None

    def changed(self) -> None:
        """Nothing depends on the set of runnable tasks."""

    def choose(self, enabled: list[Task], task: Task) -> Task:
        """Keep to the default order; after too long a turn, the next thread goes on."""
        return self._by_default(enabled, task, self._turns.is_over(task))

    def _by_default(self, enabled: list[Task], task: Task, is_over: bool) -> Task:
        if task not in enabled:
            return enabled[0]
        return enabled[(enabled.index(task) + 1) % len(enabled)] if is_over else task

    def hurry(self, sleepers: list[Task], task: Task) -> Task | None:
        """Let time go on while others run: who sleeps wakes although somebody keeps running. It
        lets everybody run first who can: two who sleep for no time leave no turn to a third.
        """
        self._ran[task] = self._view.total
        first = min(sleepers, key=_ends_at)
        if self._next[0] is not first.timer:
            self._next = (first.timer, self._view.total)
        passed = (self._view.total - self._next[1]) * self._seconds_per_point
        if self._view.clock + passed < _ends_at(first):
            return None
        slept_at = self._ran.get(first, -1)
        others = self._view.enabled
        return first if all(self._ran.get(each, -1) > slept_at for each in others) else None

    def grant(self, task: Task, enabled: list[Task]) -> int:
        """Let it pass some points before looking at its turn again."""
        return PATIENCE // 2


class ThenFair(Fair):
    """Replays a schedule, and is fair afterwards: what ends then was only kept from its end."""

    name = "then-fair"
    _seconds_per_point = _SECONDS_PER_POINT_AFTERWARDS

    def __init__(self, schedule: Schedule, steps: int) -> None:
        self._replay = Replay(schedule)
        self._steps = steps
        """Scheduling points after which it is fair in any case."""

    def begin(self, view: View) -> bytearray | None:
        """Start over."""
        self._replay.begin(view)
        return super().begin(view)

    @property
    def _is_fair(self) -> bool:
        return self._replay.followed or self._view.total >= self._steps

    def choose(self, enabled: list[Task], task: Task) -> Task:
        """Follow the schedule, then keep to the default order with turns."""
        if self._is_fair:
            return super().choose(enabled, task)
        return self._replay.choose(enabled, task)

    def hurry(self, sleepers: list[Task], task: Task) -> Task | None:
        """Let a wait run out early where it did, and later as time goes on."""
        chosen = self._replay.hurry(sleepers, task)
        return super().hurry(sleepers, task) if chosen is None and self._is_fair else chosen

    def grant(self, task: Task, enabled: list[Task]) -> int:
        """Look again at the next recorded deviation, or when the turn may be over."""
        fair = super().grant(task, enabled)
        return fair if self._is_fair else min(fair, self._replay.grant(task, enabled))
