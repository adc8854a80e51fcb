"""SURW: selectively uniform random walk over the interleavings of a few interesting operations.

Zhao, Wolff, Mathur, Roychoudhury: "Selectively Uniform Concurrency Testing", ASPLOS 2025. From the
execution before it is known how often each thread will touch the interesting locations; a thread is
chosen with a probability in proportion to how many such operations it has left, counting those of
threads that it has yet to start. Then all interleavings of these operations are equally likely,
where a random walk hardly ever lets one thread run far ahead of another.

Two deviations: interesting is, from execution to execution, one contended location or all of them;
and between two interesting operations a thread is not interrupted, as the other strategies of the
portfolio interrupt it there.
"""

from __future__ import annotations

from pytest_concurrency.runtime.tasks.protocols import View
from pytest_concurrency.runtime.tasks.task import Task
from pytest_concurrency.runtime.trace.sites import SITES
from pytest_concurrency.search.execution.choices import Choices
from pytest_concurrency.search.execution.learning import Learning
from pytest_concurrency.search.strategies.sampling import Stepwise


class Surw(Stepwise):
    """The strategy ``surw``."""

    name = "surw"

    def __init__(self, choices: Choices, learning: Learning) -> None:
        super().__init__(choices, learning)
        self._left: dict[int, int] = {}
        """By thread: interesting operations that it has not made yet."""
        self._view: View | None = None

    def begin(self, view: View) -> bytearray | None:
        """Draw which locations are interesting this time."""
        learnt = super().begin(view)
        self._view = view
        contended = list(self._learning.contended.items())
        self._left = {}
        if not contended:
            return learnt
        pick = self._choices.below(len(contended) + 1)
        chosen = contended if pick == len(contended) else [contended[pick]]
        heat = bytearray(len(SITES))
        for sites, counts in chosen:
            for site in sites:
                heat[site] = 1
            for thread, count in counts.items():
                self._left[thread] = self._left.get(thread, 0) + count
        return heat

    def choose(self, enabled: list[Task], task: Task) -> Task:
        """Pick in proportion to what each has left; it is about to make one of these operations."""
        left = self._left
        total = unborn = self._unborn() if enabled[0].index == 0 else 0
        for each in enabled:
            total += left.get(each.index, 0)
        if not total:
            return enabled[self._choices.below(len(enabled))]
        draw = self._choices.below(total) - unborn
        chosen = enabled[0]
        for each in enabled:
            own = left.get(each.index, 0)
            if draw < own:
                chosen = each
                break
            draw -= own
        if left.get(chosen.index, 0):
            left[chosen.index] -= 1
        return chosen

    def _unborn(self) -> int:
        """Count what threads will do that the main thread has yet to start."""
        assert self._view is not None
        started = len(self._view.tasks)
        return sum(left for thread, left in self._left.items() if thread >= started)
