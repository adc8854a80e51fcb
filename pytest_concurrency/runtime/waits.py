"""Tasks that cannot go on: what they wait for, who wakes them, who runs meanwhile."""

from __future__ import annotations

from bisect import insort
from heapq import heappush

from pytest_concurrency.runtime.operation import Operation
from pytest_concurrency.runtime.points import Points
from pytest_concurrency.runtime.strangers import have_helped, wake_released
from pytest_concurrency.runtime.task import NOBODY, Abort, Task
from pytest_concurrency.runtime.timers import by_index, later


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
    ) -> bool:
        """Wait until ``wake(key)``; return False if ``timeout`` (virtual seconds) ran out first.

        ``key`` identifies what is waited for (the id of an object that ``reason`` keeps alive);
        ``operation`` is what the task tries again when it is woken.
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
        if timeout is not None:
            seconds = max(timeout, 0.0)
            when = later(self.clock, seconds)
            task.timer = [when, len(self.switches) + self.total, task, seconds, key]
            heappush(self.timers, task.timer)
        chosen = self._next(task)
        if chosen is task:
            self._grant(task)
        else:
            if chosen is not None:
                self._pass_to(chosen)
            task.gate.acquire()
        task.blocked_on = None
        if self.aborting:
            raise Abort
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
        self._reconsider()

    def _next(self, leaving: Task) -> Task | None:
        """Choose who runs when ``leaving`` cannot; None: somebody outside will take the baton."""
        enabled = self.enabled
        while not enabled:
            has_timer = self._has_timer()
            if wake_released(self):
                continue
            if self._left_to_outside():
                return None
            if have_helped(self) or enabled:
                continue
            if has_timer:
                self._expire(self.timers[0][0])
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
