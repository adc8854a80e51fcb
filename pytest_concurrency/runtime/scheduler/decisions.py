"""Whose turn it is: who goes on is chosen, is granted points, and gets the baton."""

from __future__ import annotations

from bisect import insort
from functools import partial

from pytest_concurrency.runtime.scheduler.state import COLD, State
from pytest_concurrency.runtime.scheduler.unmanaged import have_young_strangers
from pytest_concurrency.runtime.tasks.pool import Worker
from pytest_concurrency.runtime.tasks.task import FREE, NOT_STARTED, Abort, Task, by_index
from pytest_concurrency.runtime.trace.operations import EXPIRE, WAKE
from pytest_concurrency.runtime.trace.resource import THREAD

POINTS_BETWEEN_POLLS = 1000
"""Scheduling points after which threads look whether a descriptor has become ready, while no
managed thread has done anything that could make it so.
"""
_POINTS_PER_WAIT = 10
"""A wait that runs out counts as so many points more, as it takes as long."""


class Decisions(State):
    """Decisions, and what follows from them."""

    __slots__ = ()

    # -- choosing ---------------------------------------------------------------------------

    def runnable(self) -> list[Task]:
        """Return who may go on: not those that stand before a lock which another task holds."""
        enabled = self.enabled
        if not self.owners or len(enabled) == 1:
            return enabled
        return [task for task in enabled if not self._must_wait(task)] or enabled[:1]

    def _must_wait(self, task: Task) -> bool:
        operation = task.operation
        if operation is None or not operation.waits:
            return False
        owner = self.owners.get(operation.target)
        return owner is not None and owner[1] is not task

    def _sleepers(self) -> list[Task]:
        """Return the tasks whose wait may well run out now, because it is short; not what may be
        ended by a thread that is not managed, which would need real time to answer.
        """
        longest = self.strategy.longest_early_wait
        short = [each for each in self.clock.timers if each.task and each.length <= longest]
        if short and have_young_strangers(self):
            short = [each for each in short if each.task and each.key == -1 - each.task.index]
        return sorted((each.task for each in short if each.task), key=by_index)

    def _decide(self, task: Task, default: Task | None) -> Task:
        """Let the strategy choose who goes on, ``task`` having come to a point or to a halt.

        Without ``default``, the first runnable thread is what needs no record.
        """
        runnable = self.runnable()
        if default is None:
            # Its own wait may have run out at once.
            default = task if task in runnable else runnable[0]
        sleepers = self._sleepers() if self.clock.timers else None
        chosen = None
        try:
            if sleepers:
                chosen = self.strategy.hurry(sleepers, task)
            if chosen is None and len(runnable) > 1:
                chosen, sleepers = self.strategy.choose(runnable, task), None
        except Exception as error:
            chosen, sleepers = self._without_strategy(error, task), None
        if chosen is None:
            chosen, sleepers = runnable[0], None
        if sleepers:
            assert chosen.timer is not None
            self.account.hurried.append((chosen.index, chosen.timer.length))
            self._expire(chosen.timer.when)
        if chosen is not default:
            self.account.switches.append((task.index, task.steps, chosen.index))
        return chosen

    def _without_strategy(self, error: Exception, task: Task) -> Task:
        """Go on in some way to the end of the execution, which then raises what the strategy has
        raised: the program must not meet it.

        A thread that an earlier execution could not unwind may be anywhere in here while the next
        one begins: it has no say.
        """
        if not self._knows(task):
            raise Abort from error
        self.account.mistake = self.account.mistake or error
        return self.runnable()[0]

    def _knows(self, task: Task) -> bool:
        """Whether it is a task of this execution, and of this process."""
        return task.index < len(self.tasks) and self.tasks[task.index] is task

    # -- points ------------------------------------------------------------------------------

    def _settle(self, task: Task) -> None:
        """Count the points that the holder has passed; what it was granted is used up."""
        hot = self.granted - self.budget
        used = hot + COLD - self.cold
        if used:
            task.steps += used
            self.total += used
            self.passed += hot
            self.cold = COLD
        self.granted = self.budget = 0

    def _grant(self, task: Task) -> None:
        if len(self.enabled) > 1 or self.clock.timers:
            try:
                points = self.strategy.grant(task, self.enabled)
            except Exception as error:
                self._without_strategy(error, task)
                points = 1
        else:
            points = FREE
        left = self.limit - self.total
        if self.polled:
            left = min(left, POINTS_BETWEEN_POLLS)
        self.granted = self.budget = points if points < left else left - 1

    def _reconsider(self) -> None:
        """Make the holder ask again at its next point: the set of runnable tasks has changed."""
        current = self.current
        if current is not None:
            self._settle(current)
            self.strategy.changed()

    # -- the baton ------------------------------------------------------------------------------

    def _pass_to(self, task: Task) -> None:
        self.current = task
        self._grant(task)
        if task.gate is NOT_STARTED:
            self._start(task)
        task.gate.release()

    def _start(self, task: Task) -> None:
        """Give a task a thread; there is one for each that waits for it (``run_together``)."""
        worker = self.pool.take()
        self._bind(task, worker)
        worker.job = partial(self.work, task, worker)

    def _bind(self, task: Task, worker: Worker) -> None:
        task.gate = worker.gate
        task.ident, task.native_id = worker.ident, worker.native_id
        self.by_ident[worker.ident] = task

    # -- who can go on -----------------------------------------------------------------------

    def wake(self, key: int) -> None:
        """Make every task that waits for ``key`` runnable."""
        for task in self.waiters.pop(key, ()):
            self._wake(task)

    def _wake(self, task: Task) -> None:
        task.woken = True
        if task in self.enabled:
            return  # its wait had run out, and it has not gone on since
        if task.timer is not None:
            task.timer.task = None
            task.timer = None
        insort(self.enabled, task, key=by_index)
        self.note_of_thread(task.index, WAKE)
        self._reconsider()

    def _expire(self, when: float) -> None:
        """Let time go on to ``when``: all waits run out that end by then."""
        for timer in self.clock.advance_to(when):
            task = timer.task
            assert task is not None
            task.timer = None
            self.waiters[timer.key].remove(task)
            insort(self.enabled, task, key=by_index)
            self.record.note(task.index, THREAD, task.index, EXPIRE)
            self.total += _POINTS_PER_WAIT

    def look_at_clock(self) -> float:
        """Return the time, which goes on a little; called by the holder."""
        self.clock.look()
        if self.clock.is_due:
            self._expire(self.clock.now)
            self._reconsider()
        return self.clock.now

    # -- the end -----------------------------------------------------------------------------

    def give_up(self, outcome: str, leaving: Task | None = None) -> None:
        """End the execution early; the caller holds the baton.

        Raises Abort in the calling thread, unless that thread is just finishing (then the caller
        passes the baton to task 0, which will be unwound when it takes it).
        """
        if not self.lingering and not self.aborting:
            self.say_why(outcome)
        self.record.end_here()
        self.aborting = True
        self._leave_to_main(leaving)

    def say_why(self, outcome: str) -> None:
        """Tell why the execution is given up, and where its tasks stand."""
        self.account.outcome = outcome
        if self.terms.snapshot is not None:
            self.account.states = self.terms.snapshot(self)

    def _leave_to_main(self, leaving: Task | None) -> None:
        """Pass the baton to task 0, which ends the execution."""
        task = self.current
        main = self.tasks[0]
        if task is main:
            raise Abort
        if leaving is not None and leaving.done:
            return
        assert task is not None
        self.current = main
        main.gate.release()
        task.gate.acquire()
        raise Abort
