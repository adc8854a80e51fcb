"""Systematic search: every schedule once, those with few preemptions first.

Musuvathi, Qadeer: "Iterative Context Bounding for Systematic Testing of Multithreaded Programs",
PLDI 2007. A schedule is its deviations from the default order; each execution follows those of one
schedule, running from one to the next, and offers, at every choice after the last of them, one
more. Offers that cost a preemption wait until everything cheaper has been run.

Within one number of preemptions the next schedule is drawn at random, so that a search which is cut
off has looked everywhere a little, instead of at the end of the program only. A thread that spins
is interrupted, as in the default order of ``fair``: then the search is not complete. Sites may turn
out to be contended that were not known to be: then it goes through everything once more,
before it claims to have seen it all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_concurrency.runtime.tasks.protocols import View
from pytest_concurrency.runtime.tasks.task import Task
from pytest_concurrency.runtime.trace.sites import everywhere
from pytest_concurrency.search.execution.choices import Choices
from pytest_concurrency.search.execution.learning import Learning
from pytest_concurrency.search.execution.strategy import Covered
from pytest_concurrency.search.orders.fair import Fair

if TYPE_CHECKING:
    from pytest_concurrency.detect.observation import Execution

Switch = tuple[int, int, int]
Deviations = tuple[Switch, ...]
_FULL = 32
"""One execution in so many leaves nothing out."""
_LITTLE = 20
"""Schedules: where no more are left, nothing is left out."""
MOST_PENDING = 200_000
"""Schedules remembered for later; beyond, the search is not complete."""


class Systematic(Fair):
    """The strategy ``systematic``."""

    name = "systematic"

    def __init__(self, choices: Choices, learning: Learning, bound: int | None = None) -> None:
        self._choices = choices
        self._learning = learning
        self._bound = bound
        self._schedule: Deviations = ()
        self._ahead: list[Switch] = []
        """Deviations of the schedule that are still to come, the next one last."""
        self._made: Deviations = ()
        """What the execution has done other than in the default order."""
        self._free: list[Deviations] = []
        self._preempting: list[Deviations] = []
        """Schedules that it offers: with as many preemptions as its own; with one more."""
        self._granted = 0
        """How many points where the heat is on may have been passed at its next decision there."""
        self._heat: bytearray | None = None
        self._blind = True
        self.finished = False
        """Whether every schedule (within the bound) has been run."""
        self._is_full = False
        """Whether nothing may be left out of its executions."""
        self._start_pass()

    def _start_pass(self) -> None:
        self._pending: list[list[Deviations]] = [[()]]
        """Schedules not run yet, by their number of preemptions."""
        self._size = 1
        self._done: list[int] = []
        """Schedules run, by their number of preemptions."""
        self._version: int | None = None
        self._complete = True
        self._has_left_out = False

    # -- what is left, what is done -----------------------------------------------------

    @property
    def pending(self) -> int:
        """Schedules known but not run yet."""
        return self._size

    @property
    def covered(self) -> Covered | None:
        """Up to how many preemptions every schedule has been run."""
        if not self._complete:
            return None
        levels = (level for level, schedules in enumerate(self._pending) if schedules)
        preemptions = next(levels, len(self._pending)) - 1
        if preemptions < 0:
            return None
        return Covered(preemptions, sum(self._done[: preemptions + 1]))

    @property
    def leaves_out(self) -> bool:
        """Not where little is left to be run, which may be the last of it, nor when it goes through
        everything once more because something was left out; and one execution in so many shows
        everything in any case.
        """
        is_turn = sum(self._done) % _FULL != 0
        return not self._is_full and self._size > _LITTLE and is_turn

    # -- one execution ------------------------------------------------------------------

    def prepare(self) -> None:
        """Choose the next schedule: one of those with the fewest preemptions."""
        self._blind = self._learning.heat is None
        level = next((level for level in self._pending if level), None)
        if level is not None:
            position = self._choices.below(len(level))
            level[position], level[-1] = level[-1], level[position]
            self._schedule = level[-1]

    def begin(self, view: View) -> bytearray | None:
        """Start at the beginning of the schedule."""
        self.patience = self._learning.patience
        super().begin(view)
        self._granted = 0
        self._made = self._schedule
        self._ahead = [*reversed(self._schedule)]
        self._free, self._preempting = [], []
        self.offers = [self._free, self._preempting]
        learnt = self._learning.heat
        # While it follows the schedule, it is asked at the deviations only, wherever they are.
        self._heat = bytearray(everywhere()) if self._ahead and learnt is not None else learnt
        return self._heat

    def _look_around(self) -> None:
        """Be asked wherever something could be offered."""
        if self._heat is not None and self._learning.heat is not None:
            self._heat[:] = self._learning.heat

    def choose(self, enabled: list[Task], task: Task) -> Task:
        """Follow the schedule; after its end, keep to the default order and offer what else could
        be done.
        """
        is_hot = self._is_hot(task)
        default = self._by_default(enabled, task, self._turns.is_over(task, is_hot=is_hot))
        chosen = default
        if is_hot or task not in enabled:
            chosen = self._follow_or_offer(enabled, task, default) or default
        if not self._ahead and chosen is default and chosen is not task and task in enabled:
            self._made += ((task.index, task.steps, chosen.index),)  # its turn was over
        return chosen

    def _is_hot(self, task: Task) -> bool:
        """Whether more can come of the point where ``task`` stands than that its turn is over."""
        return task.operation is None or task.operation.is_hot(self._heat)

    def hurry(self, sleepers: list[Task], task: Task) -> Task | None:
        """Let a wait run out early if the schedule says so; offer it otherwise."""
        return self._follow_or_offer(sleepers, task, None)

    def _follow_or_offer(
        self, candidates: list[Task], task: Task, default: Task | None
    ) -> Task | None:
        if self._ahead:
            return self._follow(candidates, task)
        offers = self._preempting if default is task or default is None else self._free
        for other in candidates:
            # A thread's own wait may run out at once; its turn may be over.
            if other is not default and (other is not task or default is None):
                offers.append((*self._made, (task.index, task.steps, other.index)))
        return None

    def _follow(self, candidates: list[Task], task: Task) -> Task | None:
        thread, step, to = self._ahead[-1]
        if task.index != thread or task.steps != step:
            return None
        for each in candidates:
            if each.index == to:
                self._ahead.pop()
                if not self._ahead:
                    self._look_around()
                return each
        return None

    def grant(self, task: Task, enabled: list[Task]) -> int:
        """Let ``task`` go on to the next deviation. After the last one, let it do what it stands
        before; or, if that is not known, its next operation: whoever would be chosen before that
        could have been chosen instead.
        """
        if not self._ahead:
            if self._is_hot(task):
                self._granted = self._view.passed + (task.operation is None)
            return max(0, self._granted - self._view.passed)
        thread, step, _ = self._ahead[-1]
        points = super().grant(task, enabled)
        return max(0, min(points, step - task.steps - 1)) if task.index == thread else points

    # -- between executions -------------------------------------------------------------

    def learn(self, execution: Execution) -> None:
        """Remember what the execution offered."""
        if self._blind:
            self._start_pass()  # it was asked everywhere: its offers are of another kind
            return
        if self._version is None:
            self._version = self._learning.version
        elif self._version != self._learning.version:
            self._version = self._learning.version
            self._complete = False
        schedule, cost = self._take()
        if tuple(execution.switches) != schedule or execution.lost_sight:
            # A turn was over, or the program is not deterministic.
            self._complete = False
        for more, schedules in enumerate(execution.offers):
            self._remember(schedules, cost + more)
        self._has_left_out = self._has_left_out or execution.is_partial
        if not self._size:
            self._is_full = self._is_full or self._has_left_out
            if self._complete and not self._has_left_out:
                self.finished = True
            else:
                self._start_pass()

    def reopens(self) -> bool:
        """Start over if more is known of conflicts than when the search finished."""
        if not self.finished or self._version == self._learning.version:
            return False
        self.finished = False
        self._start_pass()
        return True

    def _take(self) -> tuple[Deviations, int]:
        """Strike the schedule that has been run off the list."""
        cost = next((cost for cost, level in enumerate(self._pending) if level), 0)
        schedule = self._pending[cost].pop()
        self._size -= 1
        self._done.extend([0] * (cost + 1 - len(self._done)))
        self._done[cost] += 1
        return schedule, cost

    def _remember(self, schedules: list[Deviations], cost: int) -> None:
        if not schedules or (self._bound is not None and cost > self._bound):
            return
        room = MOST_PENDING - self._size
        if len(schedules) > room:
            self._complete = False
            schedules = schedules[:room]
        self._pending.extend([] for _ in range(cost + 1 - len(self._pending)))
        self._pending[cost] += schedules
        self._size += len(schedules)
