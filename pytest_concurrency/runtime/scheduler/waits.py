"""Tasks that cannot go on: what they wait for, and who runs meanwhile."""

from __future__ import annotations

from math import inf

from pytest_concurrency.real_time import perf_counter as real_time
from pytest_concurrency.runtime.scheduler.sight import Sight
from pytest_concurrency.runtime.scheduler.unmanaged import (
    have_helped,
    have_strangers,
    wake_released,
)
from pytest_concurrency.runtime.system.descriptors import Descriptors, wait_really
from pytest_concurrency.runtime.tasks.task import NOBODY, Abort, Task, Timer, Waiting
from pytest_concurrency.runtime.tasks.virtual_time import later
from pytest_concurrency.runtime.trace.operations import WAIT
from pytest_concurrency.runtime.trace.pending import Operation

_SECONDS_WITH_STRANGERS = 0.001


class Waits(Sight):
    """Blocking, and what may end a wait."""

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
            self.record.note(task.index, "group", "", WAIT)
        if self.observer is not None:
            self.observer.blocked(task)
        if timeout is not None:
            self._set_timer(task, max(timeout, 0.0), key, may_hurry=may_hurry)
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

    def _set_timer(self, task: Task, seconds: float, key: int, *, may_hurry: bool) -> None:
        when = later(self.clock.now, seconds)
        began = len(self.account.switches) + self.total
        task.timer = Timer(when, began, task, seconds if may_hurry else inf, key)
        self.clock.add(task.timer)

    def _next(self, leaving: Task) -> Task | None:
        """Choose who runs when ``leaving`` cannot; None: somebody outside will take the baton."""
        enabled = self.enabled
        while not enabled:
            if self.aborting:
                self._leave_to_main(leaving)
                return self.tasks[0]
            has_timer = self.clock.has_timer()
            if wake_released(self, self.wake):
                continue
            if self._left_to_outside():
                return None
            if self.polled and self._look_outside():
                continue
            if have_helped(self, self.wake) or enabled:
                continue
            if has_timer:
                self._expire(self.clock.timers[0].when)
            elif wake_released(self, self.wake):
                continue  # what was on its way when we looked first has come since
            else:
                self.give_up("deadlock", leaving)
                return self.tasks[0]
        if len(enabled) == 1 and not self.clock.timers:
            return enabled[0]
        return self._decide(leaving, None)

    def _left_to_outside(self) -> bool:
        with self.mutex:
            if self.enabled or not any(task.outside for task in self.tasks):
                return False
            self.idle = True
            self.current = NOBODY
            return True

    # -- descriptors ------------------------------------------------------------------------

    def wait_until_ready(self, task: Task, target: Descriptors, timeout: float | None) -> bool:
        """Wait until descriptors are ready; return False if ``timeout`` (virtual seconds) ran out
        first.
        """
        clock = self.clock
        end = None if timeout is None else clock.now + timeout
        is_over = False
        while not target.are_ready():
            left = None if end is None else end - clock.now
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

    def tell_pollers(self) -> None:
        """Let those who wait for descriptors look: the calling thread may have made one ready."""
        if self.polled and self.holder() is not None:
            self.poll()

    def _look_outside(self) -> bool:
        """If something outside this process may end a wait, give it a moment of real time, which
        virtual time follows; return whether it may.
        """
        clock, waits = self.clock, list(self.polled.values())
        if not any(each.depend_on_outside() for each in waits):
            return False
        if len(self.polled) > 1 or len(clock.timers) > 1:
            self.account.lost_sight = True  # which of them goes on first is not decided here
        longest = min(each.longest_look for each in waits)
        if have_strangers(self):
            longest = min(longest, _SECONDS_WITH_STRANGERS)
        if clock.has_timer():
            longest = min(longest, max(clock.timers[0].when - clock.now, 0.0))
        started = real_time()
        wait_really(waits, longest)
        clock.go_on(real_time() - started)
        if clock.has_timer() and clock.is_due:
            self._expire(clock.now)
        return True
