"""POS: partial order sampling, a random priority for each operation.

Yuan, Yang, Gu: "Partial Order Aware Concurrency Sampling", CAV 2018. Whoever stands before the
operation with the highest priority goes on; afterwards the priorities of the operations that
conflict with it are drawn anew. Where a random walk samples sequences, this samples orders of
conflicting operations: much more evenly, as many sequences come down to one order.

One deviation: the first operation of a thread that has just started or was woken is not known
before it is made; it has a priority all the same, but conflicts with nothing.
"""

from __future__ import annotations

from pytest_concurrency.runtime.tasks.protocols import View
from pytest_concurrency.runtime.tasks.task import Task
from pytest_concurrency.search.execution.choices import Choices
from pytest_concurrency.search.execution.learning import Learning
from pytest_concurrency.search.orders.fair import Turns
from pytest_concurrency.search.strategies.sampling import Stepwise


class Pos(Stepwise):
    """The strategy ``pos``."""

    name = "pos"

    def __init__(self, choices: Choices, learning: Learning) -> None:
        super().__init__(choices, learning)
        self._priorities: dict[int, float] = {}

    def begin(self, view: View) -> bytearray | None:
        """Forget all priorities."""
        self._priorities = {}
        self._turns = Turns(view, self._learning.patience)
        return super().begin(view)

    def choose(self, enabled: list[Task], task: Task) -> Task:
        """Pick the operation with the highest priority; draw those that race with it anew."""
        priorities = self._priorities
        if self._turns.is_over(task):
            priorities[task.index] = -1.0
        chosen, highest = task, -2.0
        for each in enabled:
            priority = priorities.get(each.index)
            if priority is None:
                priority = priorities[each.index] = self._choices.random()
            if priority > highest:
                chosen, highest = each, priority
        del priorities[chosen.index]
        operation = chosen.operation
        if operation is not None:
            for other in enabled:
                pending = other.operation if other is not chosen else None
                if pending is not None and operation.conflicts_with(pending):
                    priorities.pop(other.index, None)
        return chosen
