"""Scheduling points: where the holder of the baton asks who goes on."""

from __future__ import annotations

from pytest_concurrency._compat import get_ident
from pytest_concurrency.runtime.scheduler.decisions import POINTS_BETWEEN_POLLS
from pytest_concurrency.runtime.scheduler.waits import Waits
from pytest_concurrency.runtime.tasks.task import Abort
from pytest_concurrency.runtime.trace.pending import Operation


class Points(Waits):
    """What is done where a grant is used up. That it is counted is up to the caller
    (``helpers/blocking/point.py``), for speed.
    """

    __slots__ = ()

    def consult(self, operation: Operation) -> None:
        """Ask the strategy who goes on; called by the holder, which stands before ``operation``,
        when its grant is used up.
        """
        task = self.by_ident[get_ident()]
        task.running = False
        if self.disturbed or task.outside:
            self._enter_late(task)
        self._settle(task)
        if self.aborting:
            raise Abort
        if self.polled and self.total - self.polled_at >= POINTS_BETWEEN_POLLS:
            self.poll()
        if self.total >= self.limit:
            self.give_up("step-limit")
        task.operation = operation
        enabled = self.enabled
        if self.owners or self.clock.timers:
            chosen = task if self._must_wait(task) else self._decide(task, task)
        elif len(enabled) > 1:  # the same as _decide() where there are neither locks nor waits
            try:
                chosen = self.strategy.choose(enabled, task)
            except Exception as error:
                chosen = self._without_strategy(error, task)
            if chosen is not task:
                self.account.switches.append((task.index, task.steps, chosen.index))
        else:
            chosen = task
        if chosen is task:
            self._grant(task)
            task.running = True
            return
        self.account.preemptions += 1
        self._pass_to(chosen)
        task.gate.acquire()
        task.running = True
        if self.aborting:
            raise Abort
