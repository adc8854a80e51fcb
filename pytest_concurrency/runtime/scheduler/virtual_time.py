"""Virtual time, and the waits that run out as it goes on.

It goes on as in a discrete-event simulation: where nobody can run, to the end of the next wait.
"""

from __future__ import annotations

from bisect import insort
from heapq import heappop
from operator import attrgetter

from pytest_concurrency.real_time import perf_counter as real_time
from pytest_concurrency.runtime.scheduler.state import TICK_SECONDS, State
from pytest_concurrency.runtime.scheduler.task import Task
from pytest_concurrency.runtime.scheduler.unmanaged import have_young_strangers
from pytest_concurrency.runtime.trace.operations import EXPIRE
from pytest_concurrency.runtime.trace.resource import THREAD

by_index = attrgetter("index")
_OTHER_START_SECONDS = 86_477.0
_OTHER_TICK_SECONDS = 17e-6
_POINTS_PER_WAIT = 10
"""A wait that runs out counts as so many points more, as it takes as long."""


def later(when: float, seconds: float) -> float:
    """Return the time so many seconds later, in whole nanoseconds.

    Sums of floats depend on where they begin: without this, of two waits that end at the same time
    one would be first in one execution and the other one in the next.
    """
    return round(when + seconds, 9)


class Timers(State):
    """What time it is, and whose wait ends when."""

    __slots__ = ()

    def start_round(self, *, otherwise: bool = False, stands_still: bool = False) -> None:
        """Let time start over: what follows is the set-up of another execution; ``otherwise``: at
        another time, and at another pace; ``stands_still``: only waits take time, as on a clock
        that is read more often than it ticks.
        """
        self.time_ended, self.ended = _OTHER_START_SECONDS if otherwise else 0.0, real_time()
        self.tick = _OTHER_TICK_SECONDS if otherwise else TICK_SECONDS
        self.stands_still = stands_still

    def time_outside(self) -> float:
        """Return the virtual time between executions, which goes on as the real one does."""
        return self.time_ended + real_time() - self.ended

    def sleepers(self) -> list[Task]:
        """Return the tasks whose wait may well run out now, because it is short; not what may be
        ended by a thread that is not managed, which would need real time to answer.
        """
        longest = self.strategy.longest_early_wait
        short = [each for each in self.timers if each[2] is not None and each[3] <= longest]
        if short and have_young_strangers(self):
            short = [each for each in short if each[4] == -1 - each[2].index]
        return sorted((each[2] for each in short), key=by_index)

    def _has_timer(self) -> bool:
        """Whether somebody's wait can run out; forgets those that have ended otherwise."""
        while self.timers and self.timers[0][2] is None:
            heappop(self.timers)
        return bool(self.timers)

    def _expire(self, when: float) -> None:
        """Let time go on to ``when``: all waits run out that end by then."""
        self.clock = max(self.clock, when)
        self.looks = 0
        while self.timers and self.timers[0][0] <= self.clock:
            _, _, task, _, key = heappop(self.timers)
            if task is not None:
                task.timer = None
                self.waiters[key].remove(task)
                insort(self.enabled, task, key=by_index)
                self.note(task.index, THREAD, task.index, EXPIRE)
                self.total += _POINTS_PER_WAIT
