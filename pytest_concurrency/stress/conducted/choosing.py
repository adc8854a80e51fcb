"""Who goes on, as a strategy chooses: what the scheduler of threads does at its points, between
processes.
"""

from __future__ import annotations

from pytest_concurrency.runtime.tasks.protocols import Strategy, View
from pytest_concurrency.runtime.tasks.task import FREE, Task


class Choosing:
    """What has been chosen in one execution."""

    def __init__(self, strategy: Strategy) -> None:
        self.enabled: list[Task] = []
        """Those that could go on at the last choice."""
        self.passed = 0
        """Touches at which the strategy could have been asked."""
        self.switches: list[tuple[int, int, int]] = []
        self.preemptions = 0
        self._strategy = strategy
        self._heat: bytearray | None = None
        self._budget = 0

    def begin(self, view: View) -> None:
        """Show the strategy the execution that begins."""
        self._heat = self._strategy.begin(view)

    def can_go_on(self, able: list[Task]) -> None:
        """Take note of who could go on now. Whoever could not at the last choice ends what was
        granted there: that was meant for another set.
        """
        if not all(task in self.enabled for task in able):
            self.enabled = able
            self._budget = 0
            self._strategy.changed()

    def must_ask(self, task: Task) -> bool:
        """Whether the strategy is to be asked, now that the one that runs has come to a touch."""
        if task.operation is None:
            return True
        is_hot = task.operation.is_hot(self._heat)
        self.passed += is_hot
        self._budget -= is_hot
        return self._budget < 0

    def choose(self, came: Task, able: list[Task]) -> Task:
        """Let the strategy choose one of those that are able to go on, ``came`` having come to a
        touch or to a halt; note down what is other than by default: the one that runs goes on; when
        it cannot, the one with the lowest index does.
        """
        self.enabled = able
        default = came if came in able else able[0]
        chosen = self._strategy.choose(able, came) if len(able) > 1 else default
        if chosen is not default:
            self.switches.append((came.index, came.steps, chosen.index))
            self.preemptions += default is came
        self._budget = self._strategy.grant(chosen, able) if len(able) > 1 else FREE
        return chosen
