"""Replay: follows a recorded schedule exactly, and notices when it cannot."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from math import inf
from typing import Any

from pytest_concurrency.model import Schedule
from pytest_concurrency.runtime.tasks.protocols import View
from pytest_concurrency.runtime.tasks.task import FREE, Task
from pytest_concurrency.runtime.trace.sites import everywhere


class Replay:
    """Runs the default order with a schedule's deviations. The empty schedule is the one without
    preemption.
    """

    name = "replay"
    longest_early_wait = inf
    offers: Sequence[Any] = ()

    def __init__(self, schedule: Schedule) -> None:
        self._targets = {(thread, step): to for thread, step, to in schedule.switches}
        self._steps: dict[int, list[int]] = {}
        for thread, step, _ in sorted(schedule.switches):
            self._steps.setdefault(thread, []).append(step)
        self._followed: set[tuple[int, int]] = set()

    @property
    def followed(self) -> bool:
        """Whether every deviation of the schedule has taken place."""
        return len(self._followed) == len(self._targets)

    def begin(self, view: View) -> bytearray:
        """Start over."""
        self._followed = set()
        return everywhere()

    def changed(self) -> None:
        """The schedule decides, whoever is runnable."""

    def choose(self, enabled: list[Task], task: Task) -> Task:
        """Pick the recorded thread, or by default the running or else the lowest one."""
        default = task if task in enabled else enabled[0]
        return self._recorded(enabled, task) or default

    def hurry(self, sleepers: list[Task], task: Task) -> Task | None:
        """Let a wait run out early where it did."""
        return self._recorded(sleepers, task)

    def _recorded(self, candidates: list[Task], task: Task) -> Task | None:
        point = (task.index, task.steps)
        to = self._targets.get(point)
        for candidate in candidates:
            if candidate.index == to:
                self._followed.add(point)
                return candidate
        return None

    def grant(self, task: Task, enabled: list[Task]) -> int:
        """Run until the thread's next recorded deviation."""
        steps = self._steps.get(task.index)
        if steps is None:
            return FREE
        position = bisect_right(steps, task.steps)
        return steps[position] - task.steps - 1 if position < len(steps) else FREE
