"""The order in which schedules of processes are tried: those with few preemptions first, and among
these where the most is to be hoped for; then random walks.

Each execution takes as long as hundreds of threads' do, so the first ones have to count. Hope is
what ``preemptions.py`` says of the touches of one run without preemption.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from random import Random
from typing import TYPE_CHECKING, Any

from pytest_concurrency.runtime.tasks.protocols import View
from pytest_concurrency.runtime.tasks.task import Task
from pytest_concurrency.search.execution.choices import Choices
from pytest_concurrency.search.execution.learning import Learning
from pytest_concurrency.search.execution.strategy import Covered, SearchStrategy
from pytest_concurrency.search.strategies.random_walk import RandomWalk
from pytest_concurrency.search.strategies.systematic import Deviations, Systematic
from pytest_concurrency.stress.outside.preemptions import promising_preemptions
from pytest_concurrency.stress.outside.touch import Touch

if TYPE_CHECKING:
    from pytest_concurrency.detect.observation import Execution

MOST_PREEMPTIONS = 2
"""Of a schedule that is searched for systematically: most bugs need no more."""
_WALKS = 10
"""Random walks that follow when there is no such schedule left: they have more preemptions."""
Hope = dict[tuple[int, int], int]
"""By process (from 1) and its step: how late a preemption there is to be tried."""


def hope_of(traces: Sequence[Sequence[Touch]]) -> Hope:
    """Rank the preemptions of processes that have touched this when nobody was preempted."""
    ranked = promising_preemptions(traces, Random(0))
    return {(worker + 1, touch + 1): place for place, (worker, touch) in enumerate(ranked)}


class Promising(Systematic):
    """A systematic search that begins where the most is to be hoped for."""

    name = "promising"

    def __init__(self, choices: Choices, learning: Learning, hope: Hope, bound: int | None) -> None:
        super().__init__(choices, learning, bound)
        self._hope = hope

    def prepare(self) -> None:
        """Choose the next schedule: one of those with the fewest preemptions."""
        super().prepare()
        level = next((level for level in self._pending if level), None)
        if level is not None:
            best = min(range(len(level)), key=lambda position: self._rank(level[position]))
            level[best], level[-1] = level[-1], level[best]
            self._schedule = level[-1]

    def _rank(self, deviations: Deviations) -> int:
        unknown = len(self._hope)
        return sum(self._hope.get((thread, step), unknown) for thread, step, _ in deviations)


def walks(choices: Choices, learning: Learning) -> RandomWalk:
    """Return a strategy that may switch at every touch."""
    walk = RandomWalk(choices, learning)
    walk.everywhere = True
    return walk


class ThenWalks:
    """The strategy of explored cells with processes."""

    name = "auto"
    longest_early_wait = inf
    leaves_out = False

    def __init__(self, choices: Choices, learning: Learning, hope: Hope, bound: int | None) -> None:
        most = MOST_PREEMPTIONS if bound is None else bound
        self._systematic = Promising(choices, learning, hope, most)
        self._walk = walks(choices, learning)
        self._left = _WALKS if bound is None else 0
        self._current: SearchStrategy = self._systematic

    @property
    def offers(self) -> Sequence[Any]:
        """What the systematic search wants to know."""
        return self._current.offers

    @property
    def finished(self) -> bool:
        """Whether every schedule within the bound has been run, and the walks."""
        return self._systematic.finished and not self._left

    @property
    def covered(self) -> Covered | None:
        """What the systematic search has run without a gap."""
        return self._systematic.covered

    def prepare(self) -> None:
        """Choose the next schedule."""
        is_over = self._systematic.finished and not self._systematic.reopens()
        self._current = self._walk if is_over else self._systematic
        self._left -= is_over
        self._current.prepare()

    def learn(self, execution: Execution) -> None:
        """Take note of what was done."""
        self._current.learn(execution)

    def begin(self, view: View) -> bytearray | None:
        """Start an execution."""
        return self._current.begin(view)

    def changed(self) -> None:
        """Pass it on."""
        self._current.changed()

    def choose(self, enabled: list[Task], task: Task) -> Task:
        """Choose who goes on."""
        return self._current.choose(enabled, task)

    def hurry(self, sleepers: list[Task], task: Task) -> Task | None:
        """Nobody's wait runs out early."""
        return None

    def grant(self, task: Task, enabled: list[Task]) -> int:
        """Say how many points may be passed."""
        return self._current.grant(task, enabled)
