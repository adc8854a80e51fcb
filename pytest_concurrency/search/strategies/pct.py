"""PCT: random priorities and a few random priority changes.

Burckhardt, Kothari, Musuvathi, Nagarakatte: "A Randomized Scheduler with Probabilistic Guarantees
of Finding Bugs", ASPLOS 2010. A bug of depth d is found with probability at least 1/(n k^(d-1))
for n threads and k steps.

Three deviations: k is not given but learnt, as the most steps seen so far; only points where
threads conflict are steps, once these are known; and a thread that runs for long while others wait
sinks to the lowest priority, because a spinning thread would otherwise starve the one it waits for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_concurrency.runtime.tasks.protocols import View
from pytest_concurrency.runtime.tasks.task import FREE, Task
from pytest_concurrency.search.execution.choices import Choices
from pytest_concurrency.search.execution.learning import Learning
from pytest_concurrency.search.orders.fair import PATIENCE, Turns
from pytest_concurrency.search.strategies.sampling import Sampling

if TYPE_CHECKING:
    from pytest_concurrency.detect.observation import Execution

DEPTH = 3
_FIRST_GUESS = 20
"""Steps of an execution before one has been seen."""


class Pct(Sampling):
    """The strategy ``pct``."""

    name = "pct"

    def __init__(self, choices: Choices, learning: Learning, depth: int = DEPTH) -> None:
        super().__init__(choices, learning)
        self._depth = depth
        self._steps = {True: 0, False: 0}
        """Of the longest execution: one that switched everywhere, and one that did not."""
        self._is_wide = False
        self._view: View | None = None
        self._priorities: dict[int, float] = {}
        self._changes: list[int] = []
        self._lowest = 0.0

    def begin(self, view: View) -> bytearray | None:
        """Draw the steps at which priorities change, from as many steps as the longest execution
        of its kind had.
        """
        heat = super().begin(view)
        self._view = view
        self._priorities = {}
        self._is_wide = heat is None
        most = self._steps[self._is_wide] or _FIRST_GUESS
        steps = [1 + self._choices.below(most) for _ in range(self._depth - 1)]
        self._changes = sorted(steps, reverse=True)
        self._lowest = 0.0
        self._turns = Turns(view, self._learning.patience)
        return heat

    def learn(self, execution: Execution) -> None:
        """Remember the length of the longest execution of its kind."""
        self._steps[self._is_wide] = max(self._steps[self._is_wide], execution.passed)

    def choose(self, enabled: list[Task], task: Task) -> Task:
        """Lower the priority of a thread whose time has come; then the highest priority runs."""
        assert self._view is not None
        now = self._view.passed
        while self._changes and self._changes[-1] <= now:
            self._changes.pop()
            self._sink(task)
        if self._turns.is_over(task):
            self._sink(task)
        return max(enabled, key=self._priority)

    def _sink(self, task: Task) -> None:
        self._lowest -= 1.0
        self._priorities[task.index] = self._lowest

    def _priority(self, task: Task) -> float:
        priority = self._priorities.get(task.index)
        if priority is None:
            priority = self._priorities[task.index] = self._choices.random()
        return priority

    def grant(self, task: Task, enabled: list[Task]) -> int:
        """Run until the next change of priority."""
        assert self._view is not None
        if self._hurried and self._view.timers:
            return 0
        if len(enabled) == 1:
            return FREE
        now = self._view.passed
        next_change = self._changes[-1] if self._changes else now + PATIENCE
        return max(0, min(next_change - now, PATIENCE) - 1)
