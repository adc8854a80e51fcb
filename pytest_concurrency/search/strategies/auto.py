"""The portfolio: strategies take turns, because each misses bugs that another finds quickly."""

from __future__ import annotations

from itertools import cycle

from pytest_concurrency.runtime.baton import Baton, Strategy, Task
from pytest_concurrency.search.choices import Choices
from pytest_concurrency.search.strategies.pct import Pct
from pytest_concurrency.search.strategies.random_walk import RandomWalk


class Auto:
    """The strategy ``auto``: PCT with depth 2, random walk and PCT with depth 3 in turn."""

    name = "auto"

    def __init__(self, choices: Choices, turn: int = 0) -> None:
        members: list[Strategy] = [Pct(choices, 2), RandomWalk(choices), Pct(choices, 3)]
        first = turn % len(members)
        self._members = cycle(members[first:] + members[:first])
        self._current: Strategy = members[first]

    def begin(self, baton: Baton) -> None:
        """Hand the execution to the next member."""
        self._current = next(self._members)
        # Bound once per execution: the choices are on the hot path.
        self.choose = self._current.choose
        self.grant = self._current.grant
        self.changed = self._current.changed
        self._current.begin(baton)

    def changed(self) -> None:
        """Replaced by the current member's."""
        self._current.changed()

    def choose(self, enabled: list[Task], task: Task) -> Task:
        """Replaced by the current member's."""
        return self._current.choose(enabled, task)

    def grant(self, task: Task, enabled: list[Task]) -> int:
        """Replaced by the current member's."""
        return self._current.grant(task, enabled)
