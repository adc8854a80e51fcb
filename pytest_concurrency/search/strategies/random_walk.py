"""Random walk: at every scheduling point each runnable thread is equally likely to go on.

Instead of drawing at each point, it draws how many points the chosen thread keeps the baton for:
the run lengths of a uniform choice are geometric, so the schedules have the same distribution.

How well it does: Thomson, Donaldson, Betts, "Concurrency Testing Using Controlled Schedulers: An
Empirical Study", ACM TOPC 2 (4), 2016.
"""

from __future__ import annotations

from pytest_concurrency.runtime.tasks.protocols import View
from pytest_concurrency.runtime.tasks.task import FREE, Task
from pytest_concurrency.search.execution.choices import Choices
from pytest_concurrency.search.execution.learning import Learning
from pytest_concurrency.search.strategies.sampling import Sampling


class RandomWalk(Sampling):
    """The strategy ``random``."""

    name = "random"

    def __init__(self, choices: Choices, learning: Learning) -> None:
        super().__init__(choices, learning)
        self._afresh = True

    def begin(self, view: View) -> bytearray | None:
        """Nothing to prepare: every execution is independent."""
        self._afresh = True
        return super().begin(view)

    def changed(self) -> None:
        """Draw the next choice among all: the run length was meant for another set of threads."""
        self._afresh = True

    def choose(self, enabled: list[Task], task: Task) -> Task:
        """Pick uniformly; a thread whose run length is used up is not picked again."""
        if self._afresh or task not in enabled:
            return enabled[self._choices.below(len(enabled))]
        position = self._choices.below(len(enabled) - 1)
        return enabled[position + (position >= enabled.index(task))]

    def grant(self, task: Task, enabled: list[Task]) -> int:
        """Draw the run length."""
        self._afresh = False
        if len(enabled) == 1:
            return 0 if self._hurried else FREE
        return self._choices.stay(len(enabled))
