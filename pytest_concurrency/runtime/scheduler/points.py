"""Scheduling points: where the holder of the baton asks who goes on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import partial

from pytest_concurrency._compat import get_ident
from pytest_concurrency.runtime.scheduler.pool import Worker
from pytest_concurrency.runtime.scheduler.state import COLD
from pytest_concurrency.runtime.scheduler.task import FREE, NOT_STARTED, Abort, Task
from pytest_concurrency.runtime.scheduler.virtual_time import Timers, later
from pytest_concurrency.runtime.trace.pending import Operation

_MANY_LOOKS = 100
POINTS_BETWEEN_POLLS = 1000
"""Scheduling points after which threads look whether a descriptor has become ready, while no
managed thread has done anything that could make it so.
"""


class Points(Timers, ABC):
    """Decisions, and what follows from them."""

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
        if self.owners or self.timers:
            chosen = task if self._must_wait(task) else self._decide(task, task)
        elif len(enabled) > 1:  # the same as _decide() where there are neither locks nor waits
            try:
                chosen = self.strategy.choose(enabled, task)
            except Exception as error:
                chosen = self._without_strategy(error, task)
            if chosen is not task:
                self.switches.append((task.index, task.steps, chosen.index))
        else:
            chosen = task
        if chosen is task:
            self._grant(task)
            task.running = True
            return
        self.preemptions += 1
        self._pass_to(chosen)
        task.gate.acquire()
        task.running = True
        if self.aborting:
            raise Abort

    def _decide(self, task: Task, default: Task | None) -> Task:
        """Let the strategy choose who goes on, ``task`` having come to a point or to a halt.

        Without ``default``, the first runnable thread is what needs no record.
        """
        runnable = self.runnable()
        if default is None:
            # Its own wait may have run out at once.
            default = task if task in runnable else runnable[0]
        sleepers = self.sleepers() if self.timers else None
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
            self.hurried.append((chosen.index, chosen.timer[3]))
            self._expire(chosen.timer[0])
        if chosen is not default:
            self.switches.append((task.index, task.steps, chosen.index))
        return chosen

    def _without_strategy(self, error: Exception, task: Task) -> Task:
        """Go on in some way to the end of the execution, which then raises what the strategy has
        raised: the program must not meet it.

        A thread that an earlier execution could not unwind may be anywhere in here while the next
        one begins: it has no say.
        """
        if not self._knows(task):
            raise Abort from error
        self.mistake = self.mistake or error
        return self.runnable()[0]

    def _knows(self, task: Task) -> bool:
        """Whether it is a task of this execution, and of this process."""
        return task.index < len(self.tasks) and self.tasks[task.index] is task

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

    @property
    def points_since_decision(self) -> int:
        """Points that the holder has passed since it was last counted."""
        return self.granted - self.budget + COLD - self.cold

    def _stop(self, task: Task) -> None:
        """Let the calling thread, which holds the baton as far as it knows, enter the scheduler.

        The watchdog may have taken the baton away meanwhile: then the thread has to wait for it.
        From here on it cannot, until somebody is granted points again. Each says first what it is
        about to do, and looks then what the other one does (Dekker's algorithm): so only a thread
        that is disturbed has to take a lock. That needs the GIL (``ALWAYS_DISTURBED``).
        """
        task.running = False
        if self.disturbed or task.outside:
            self._enter_late(task)
        self._settle(task)  # an Abort that the watchdog has sent comes at this call at the latest

    def _enter_late(self, task: Task) -> None:
        """Wait until the watchdog is done, and then for the baton if it has been taken away."""
        while True:
            task.running = False
            with self.mutex:
                if not task.outside:
                    return
            self._come_back(task.ident)

    @abstractmethod
    def poll(self) -> None:
        """Wake the tasks whose descriptors are ready."""

    @abstractmethod
    def _come_back(self, ident: int) -> Task | None:
        """Wait for the baton, on a thread that has lost it."""

    def _settle(self, task: Task) -> None:
        hot = self.granted - self.budget
        used = hot + COLD - self.cold
        if used:
            task.steps += used
            self.total += used
            self.passed += hot
            self.cold = COLD
        self.granted = self.budget = 0

    def _grant(self, task: Task) -> None:
        if len(self.enabled) > 1 or self.timers:
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
        worker.job = partial(self._work, task, worker)

    def _bind(self, task: Task, worker: Worker) -> None:
        task.gate = worker.gate
        task.ident, task.native_id = worker.ident, worker.native_id
        self.by_ident[worker.ident] = task

    @abstractmethod
    def _work(self, task: Task, worker: Worker) -> None:
        """Run a task on the calling thread of the pool."""

    def look_at_clock(self) -> float:
        """Return the time, which goes on a little; called by the holder."""
        self.looks += 1
        ticks = max(0 if self.stands_still else 1, self.looks - _MANY_LOOKS)
        self.clock = later(self.clock, self.tick * ticks)
        if self.timers and self.timers[0][0] <= self.clock:
            self._expire(self.clock)
            self._reconsider()
        return self.clock

    def give_up(self, outcome: str, leaving: Task | None = None) -> None:
        """End the execution early; the caller holds the baton.

        Raises Abort in the calling thread, unless that thread is just finishing (then the caller
        passes the baton to task 0, which will be unwound when it takes it).
        """
        if not self.lingering and not self.aborting:
            self.outcome = outcome
            if self.snapshot is not None:
                self.states = self.snapshot(self)
        self.cut, self.cut_noted = len(self.log), len(self.noted)
        self.aborting = True
        self.leave_to_main(leaving)

    def leave_to_main(self, leaving: Task | None) -> None:
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
