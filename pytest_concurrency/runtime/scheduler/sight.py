"""Threads that are blocked where the scheduler cannot see it, and come back to its sight."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator
from contextlib import contextmanager

from pytest_concurrency._compat import get_ident
from pytest_concurrency.runtime.scheduler.state import ALWAYS_DISTURBED
from pytest_concurrency.runtime.scheduler.task import NOBODY, Abort, Task
from pytest_concurrency.runtime.scheduler.unmanaged import wake_released
from pytest_concurrency.runtime.scheduler.virtual_time import by_index
from pytest_concurrency.runtime.scheduler.waits import Waits
from pytest_concurrency.runtime.trace.operations import LEAVE, RETURN
from pytest_concurrency.runtime.trace.resource import THREAD


class Sight(Waits):
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

    def tell_pollers(self) -> None:
        """Let those who wait for descriptors look: the calling thread may have made one ready."""
        if self.polled and self.holder() is not None:
            self.poll()

    @contextmanager
    def disturbing(self) -> Iterator[None]:
        """Let nobody enter the scheduler; to be used by the watchdog."""
        with self.mutex:
            self.disturbed = True
            try:
                yield
            finally:
                self.disturbed = ALWAYS_DISTURBED

    def take_away(self, task: Task) -> None:
        """Pass the baton on for a holder that is blocked where we cannot see it; called by the
        watchdog.
        """
        with self.disturbing():
            if not task.running or self.current is not task or self.aborting:
                return
            task.outside = self.lost_sight = True
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
        """Let time pass as it really does while whoever could go on is out of sight; called by the
        watchdog.
        """
        with self.mutex:
            if not self.idle or self.aborting:
                return
            self.clock += seconds
            wake_released(self, self.wake)
            if self._has_timer() and (self.lingering or self.timers[0][0] <= self.clock):
                self._expire(self.timers[0][0])
            if self.enabled:
                self.idle = False
                self._pass_to(self.enabled[0])

    def _come_back(self, ident: int) -> Task | None:
        task = self.by_ident.get(ident)
        if task is None or task.done or not task.outside:
            return None
        with self.mutex:
            task.outside = False
            task.operation = None
            self.note(task.index, THREAD, task.index, RETURN)
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
