"""Virtual time, and the waits that run out as it goes on.

It goes on as in a discrete-event simulation: where nobody can run, to the end of the next wait.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush

from pytest_concurrency.real_time import perf_counter as real_time
from pytest_concurrency.runtime.tasks.task import Timer

TICK_SECONDS = 10e-6
"""Virtual seconds that pass between two looks at a clock; more when there are many in a row."""
_OTHER_START_SECONDS = 86_477.0
_OTHER_TICK_SECONDS = 17e-6
_MANY_LOOKS = 100


def later(when: float, seconds: float) -> float:
    """Return the time so many seconds later, in whole nanoseconds.

    Sums of floats depend on where they begin: without this, of two waits that end at the same time
    one would be first in one execution and the other one in the next.
    """
    return round(when + seconds, 9)


class Clock:
    """What time it is, and whose wait ends when: one clock a process."""

    __slots__ = ("_ended", "_tick", "_time_ended", "looks", "now", "stands_still", "timers")

    def __init__(self) -> None:
        self._time_ended, self._ended = 0.0, real_time()
        """Virtual time when the last execution ended, or the round began; what the real clock said
        then.
        """
        self._tick = TICK_SECONDS
        self.stands_still = False
        """Whether looks at it do not move it, as long as nobody looks again and again."""
        self.forget()

    def forget(self) -> None:
        """Let go of the last execution."""
        self.now = 0.0
        self.timers: list[Timer] = []
        """A heap; those without a task have ended otherwise."""
        self.looks = 0
        """Looks since a wait ran out."""

    def start_round(self, *, otherwise: bool = False, stands_still: bool = False) -> None:
        """Let time start over: what follows is the set-up of another execution; ``otherwise``: at
        another time, and at another pace; ``stands_still``: only waits take time, as on a clock
        that is read more often than it ticks.
        """
        self._time_ended, self._ended = _OTHER_START_SECONDS if otherwise else 0.0, real_time()
        self._tick = _OTHER_TICK_SECONDS if otherwise else TICK_SECONDS
        self.stands_still = stands_still

    def begin(self) -> None:
        """Let an execution begin, at a whole second: how long the set-up really took would not be
        the same the next time.
        """
        self.now = float(int(self.outside()) + 1)

    def end(self) -> None:
        """Let it end: from here on time goes on as the real one does."""
        self._time_ended, self._ended = self.now, real_time()

    def outside(self) -> float:
        """Return the virtual time between executions."""
        return self._time_ended + real_time() - self._ended

    def look(self) -> None:
        """Let it go on a little, as someone looks at it."""
        self.looks += 1
        ticks = max(0 if self.stands_still else 1, self.looks - _MANY_LOOKS)
        self.go_on(self._tick * ticks)

    def go_on(self, seconds: float) -> None:
        """Let so much time pass."""
        self.now = later(self.now, seconds)

    def add(self, timer: Timer) -> None:
        """Add a wait that runs out at some time."""
        heappush(self.timers, timer)

    def has_timer(self) -> bool:
        """Whether somebody's wait can run out; forgets those that have ended otherwise."""
        while self.timers and self.timers[0].task is None:
            heappop(self.timers)
        return bool(self.timers)

    @property
    def is_due(self) -> bool:
        """Whether the next wait ends now, or should have ended."""
        return bool(self.timers) and self.timers[0].when <= self.now

    def advance_to(self, when: float) -> Iterator[Timer]:
        """Let time go on to ``when``; yield the waits that run out by then."""
        self.now = max(self.now, when)
        self.looks = 0
        while self.is_due:
            timer = heappop(self.timers)
            if timer.task is not None:
                yield timer
