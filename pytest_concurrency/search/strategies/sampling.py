"""What the strategies that draw their schedules have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

from pytest_concurrency.runtime.tasks.protocols import SHORT_WAIT_SECONDS, View
from pytest_concurrency.runtime.tasks.task import FREE, Task
from pytest_concurrency.search.execution.choices import Choices
from pytest_concurrency.search.execution.learning import Learning
from pytest_concurrency.search.execution.strategy import Start

if TYPE_CHECKING:
    from pytest_concurrency.detect.observation import Execution

_EVERYWHERE = 8
"""One execution in so many may switch at every access: a location first shared later is not
missed.
"""
_HURRIED = 4
"""In one execution in so many, short waits may run out while others can go on; there, at one
decision in so many.
"""


class Sampling:
    """A strategy whose executions do not depend on each other."""

    finished = False
    """No schedule is ever known to be the last one."""
    covered = None
    """Nothing can be said of what has been run."""
    longest_early_wait = SHORT_WAIT_SECONDS
    offers: Sequence[Any] = ()

    leaves_out = True
    """Those that switch everywhere do not, whatever is said here."""
    everywhere = False
    """Whether each of its executions may switch at every access."""

    def __init__(self, choices: Choices, learning: Learning) -> None:
        self._choices = choices
        self._learning = learning
        self._hurried = False

    @classmethod
    def made(cls, start: Start) -> Self:
        """Return one for a search."""
        return cls(start.choices, start.learning)

    def prepare(self) -> None:
        """Nothing is known before."""

    def begin(self, view: View) -> bytearray | None:
        """Draw what kind of execution it will be."""
        # One draw for both: this is done for each of thousands of executions in a second.
        draw = self._choices.below(_HURRIED * _EVERYWHERE)
        self._hurried = draw < _EVERYWHERE
        wide = not draw % _EVERYWHERE
        return None if wide or self.everywhere else self._learning.heat

    def changed(self) -> None:
        """Nothing depends on the set of runnable tasks."""

    def hurry(self, sleepers: list[Task], task: Task) -> Task | None:
        """Sometimes, let somebody's wait run out."""
        if not self._hurried or self._choices.below(_HURRIED):
            return None
        return sleepers[self._choices.below(len(sleepers))]

    def learn(self, execution: Execution) -> None:
        """Nothing to learn."""


class Stepwise(Sampling):
    """A strategy that is asked before each operation."""

    def grant(self, task: Task, enabled: list[Task]) -> int:
        """Let ``task`` do what it stands before; or, if that is not known, its next operation."""
        if len(enabled) == 1 and not self._hurried:
            return FREE
        return 0 if task.operation is not None else 1
