"""Threads that are blocked where the scheduler cannot see it, and come back to its sight."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator
from contextlib import contextmanager

from pytest_concurrency._compat import get_ident
from pytest_concurrency.runtime.scheduler.decisions import Decisions
from pytest_concurrency.runtime.scheduler.state import ALWAYS_DISTURBED
from pytest_concurrency.runtime.scheduler.unmanaged import wake_released
from pytest_concurrency.runtime.tasks.task import NOBODY, Abort, Task, by_index
from pytest_concurrency.runtime.trace.operations import LEAVE, RETURN
from pytest_concurrency.runtime.trace.resource import THREAD


class Sight(Decisions):
    """Who holds the baton, as far as the calling thread knows; taking it away, and coming back."""

    __slots__ = ()

    def holder(self) -> Task | None:
        """Return the calling thread's task if it is managed (waiting for the baton if need be),
        else None.
        """
        current = self.current
        if current is None:
            return None
        ident = get_ident()
        if current.ident == ident:
            return current
        return self._come_back(ident)

    def _come_back(self, ident: int) -> Task | None:
        """Wait for the baton, on a thread that has lost it."""
        task = self.by_ident.get(ident)
        if task is None or task.done or not task.outside:
            return None
        with self.mutex:
            task.outside = False
            task.operation = None
            self.record.note(task.index, THREAD, task.index, RETURN)
            insort(self.enabled, task, key=by_index)
            if self.idle:
                self.idle = False
                self.current = task
                task.running = True
                self._grant(task)
                return task
        task.gate.acquire()
        task.running = True
        if self.aborting:
            raise Abort
        return task

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

    # -- called by the watchdog -------------------------------------------------------------

    @contextmanager
    def disturbing(self) -> Iterator[None]:
        """Let nobody enter the scheduler."""
        with self.mutex:
            self.disturbed = True
            try:
                yield
            finally:
                self.disturbed = ALWAYS_DISTURBED

    def take_away(self, task: Task) -> None:
        """Pass the baton on for a holder that is blocked where we cannot see it."""
        with self.disturbing():
            if not task.running or self.current is not task or self.aborting:
                return
            task.outside = self.account.lost_sight = True
            self.note_of_thread(task.index, LEAVE)
            task.running = False
            self._settle(task)
            self.enabled.remove(task)
            if self.enabled:
                self._pass_to(self.enabled[0])
            else:
                self.idle = True
                self.current = NOBODY

    def pass_time(self, seconds: float) -> None:
        """Let time pass as it really does while whoever could go on is out of sight."""
        clock = self.clock
        with self.mutex:
            if not self.idle or self.aborting:
                return
            clock.now += seconds
            wake_released(self, self.wake)
            if clock.has_timer() and (self.lingering or clock.is_due):
                self._expire(clock.timers[0].when)
            if self.enabled:
                self.idle = False
                self._pass_to(self.enabled[0])

    def let_no_more_pass(self) -> None:
        """Make whoever comes to a point next ask there, and be told to end."""
        self.granted = self.budget = self.cold = 0
