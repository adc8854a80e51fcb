"""Tasks that cannot go on: what they wait for, who wakes them, who runs meanwhile."""

from __future__ import annotations

from bisect import insort
from heapq import heappush
from math import inf

from pytest_concurrency.real_time import perf_counter as real_time
from pytest_concurrency.runtime.scheduler.points import Points
from pytest_concurrency.runtime.scheduler.task import NOBODY, Abort, Task, Waiting
from pytest_concurrency.runtime.scheduler.unmanaged import (
    have_helped,
    have_strangers,
    wake_released,
)
from pytest_concurrency.runtime.scheduler.virtual_time import by_index, later
from pytest_concurrency.runtime.system.descriptors import Descriptors, wait_really
from pytest_concurrency.runtime.trace.operations import WAIT, WAKE
from pytest_concurrency.runtime.trace.pending import Operation
from pytest_concurrency.runtime.trace.resource import THREAD
from pytest_concurrency.runtime.trace.sites import INTERNAL

_SECONDS_WITH_STRANGERS = 0.001


class Waits(Points):
    """Blocking and waking."""

    __slots__ = ()

    def block(
        self,
        task: Task,
        reason: object,
        key: int,
        timeout: float | None = None,
        operation: Operation | None = None,
        *,
        may_hurry: bool = True,
    ) -> bool:
        """Wait until ``wake(key)``; return False if ``timeout`` (virtual seconds) ran out first.

        ``key`` identifies what is waited for (the id of an object that ``reason`` keeps alive);
        ``operation`` is what the task tries again when it is woken; ``may_hurry``: the time-out
        may run out while others can go on.
        """
        self._stop(task)
        task.steps += 1
        self.total += 1
        if self.aborting:
            raise Abort
        if self.total >= self.limit:
            self.give_up("step-limit")
        task.blocked_on = reason
        task.operation = operation
        task.woken = False
        self.enabled.remove(task)
        self.waiters.setdefault(key, []).append(task)
        if type(reason) is Waiting:
            self.note_wait(task, reason, key)
        else:
            self.noted.append((len(self.log), task.index, INTERNAL, "group", "", WAIT))
        if self.observer is not None:
            self.observer.blocked(task)
        if timeout is not None:
            seconds = max(timeout, 0.0)
            when = later(self.clock, seconds)
            length = seconds if may_hurry else inf
            task.timer = [when, len(self.switches) + self.total, task, length, key]
            heappush(self.timers, task.timer)
        chosen = self._next(task)
        if chosen is task:
            self._grant(task)
        else:
            if chosen is not None:
                self._pass_to(chosen)
            task.gate.acquire()
        task.running = True
        task.blocked_on = None
        if self.aborting:
            raise Abort
        if self.observer is not None:
            self.observer.resumed(task)
        return task.woken

    def wake(self, key: int) -> None:
        """Make every task that waits for ``key`` runnable."""
        for task in self.waiters.pop(key, ()):
            self._wake(task)

    def _wake(self, task: Task) -> None:
        task.woken = True
        if task in self.enabled:
            return  # its wait had run out, and it has not gone on since
        if task.timer is not None:
            task.timer[2] = None
            task.timer = None
        insort(self.enabled, task, key=by_index)
        by = -1 if self.current is None else self.current.index
        self.noted.append((len(self.log), by, INTERNAL, THREAD, task.index, WAKE))
        self._reconsider()

    def wait_until_ready(self, task: Task, target: Descriptors, timeout: float | None) -> bool:
        """Wait until descriptors are ready; return False if ``timeout`` (virtual seconds) ran out
        first.
        """
        end = None if timeout is None else self.clock + timeout
        is_over = False
        while not target.are_ready():
            left = None if end is None else end - self.clock
            if is_over or (left is not None and left <= 0):
                return False
            may_hurry = left is not None and not target.depend_on_outside()
            self.polled[task] = target
            try:
                reason = Waiting("descriptor", target)
                is_over = not self.block(task, reason, id(target), left, may_hurry=may_hurry)
            finally:
                self.polled.pop(task, None)
        return True

    def poll(self) -> None:
        """Wake the tasks whose descriptors are ready."""
        self.polled_at = self.total
        for task, target in self.polled.items():
            if task not in self.enabled and target.are_ready():
                self.wake(id(target))

    def _look_outside(self) -> bool:
        """If something outside this process may end a wait, give it a moment of real time, which
        virtual time follows; return whether it may.
        """
        waits = list(self.polled.values())
        if not any(each.depend_on_outside() for each in waits):
            return False
        if len(self.polled) > 1 or len(self.timers) > 1:
            self.lost_sight = True  # which of them goes on first is not decided here
        longest = min(each.longest_look for each in waits)
        if have_strangers(self):
            longest = min(longest, _SECONDS_WITH_STRANGERS)
        if self._has_timer():
            longest = min(longest, max(self.timers[0][0] - self.clock, 0.0))
        started = real_time()
        wait_really(waits, longest)
        self.clock = later(self.clock, real_time() - started)
        if self._has_timer() and self.timers[0][0] <= self.clock:
            self._expire(self.clock)
        return True

    def _next(self, leaving: Task) -> Task | None:
        """Choose who runs when ``leaving`` cannot; None: somebody outside will take the baton."""
        enabled = self.enabled
        while not enabled:
            if self.aborting:
                self.leave_to_main(leaving)
                return self.tasks[0]
            has_timer = self._has_timer()
            if wake_released(self, self.wake):
                continue
            if self._left_to_outside():
                return None
            if self.polled and self._look_outside():
                continue
            if have_helped(self, self.wake) or enabled:
                continue
            if has_timer:
                self._expire(self.timers[0][0])
            elif wake_released(self, self.wake):
                continue  # what was on its way when we looked first has come since
            else:
                self.give_up("deadlock", leaving)
                return self.tasks[0]
        if len(enabled) == 1 and not self.timers:
            return enabled[0]
        return self._decide(leaving, None)

    def _left_to_outside(self) -> bool:
        with self.mutex:
            if self.enabled or not any(task.outside for task in self.tasks):
                return False
            self.idle = True
            self.current = NOBODY
            return True
