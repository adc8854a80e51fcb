"""Shortens the schedule of a suspect: fewer threads, preemptions and deviations that show the same
hazard.

First whole threads and ever smaller parts of the schedule are left out (delta debugging: Zeller and
Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002); then each deviation is tried
alone. A bug that still seems to need many preemptions is looked for among the schedules with fewer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pytest_concurrency.detect.detector import Finding
from pytest_concurrency.model import Schedule
from pytest_concurrency.real_time import monotonic

Switches = tuple[tuple[int, int, int], ...]
Replayer = Callable[[Schedule, int], "Finding | None"]
"""Runs a schedule with at most so many scheduling points, and judges the execution."""
Sampler = Callable[[int, int], "Iterator[Finding | None]"]
"""Runs schedules with at most so many preemptions and scheduling points."""
_EXECUTIONS = 400
"""Executions that shortening one schedule may take."""
_FEW = 3
"""Preemptions that a person can follow: then no other schedule is looked for."""
_LONGER = 3
"""How many times as long as the execution that is shortened another one may be."""
_SHORTEST_LIMIT = 200


def shortened(
    suspect: Finding, replay: Replayer, sample: Sampler, *, limit: int, deadline: float
) -> Finding:
    """Look for the fewest preemptions, then the fewest deviations, that show the same hazard.

    ``limit`` is that of scheduling points, ``deadline`` one of ``time.monotonic``.
    """
    # Without the switches of a fair schedule a loop that waits would go on to the limit.
    steps = suspect.observation.execution.steps
    limit = min(limit, _LONGER * steps + _SHORTEST_LIMIT)
    shrinking = _Shrinking(suspect, replay, limit, deadline)
    shrinking.leave_out()
    if shrinking.best.size[0] > _FEW:
        shrinking.look_elsewhere(sample)
    return shrinking.best


class _Shrinking:
    """The shortest execution so far that shows a hazard, and what has been tried."""

    def __init__(self, suspect: Finding, replay: Replayer, limit: int, deadline: float) -> None:
        self.best = suspect
        self._replay = replay
        self._limit = limit
        self._deadline = deadline
        self._left = _EXECUTIONS
        self._tried: set[Switches] = {self._switches}

    @property
    def _switches(self) -> Switches:
        return tuple(self.best.observation.execution.switches)

    @property
    def _is_over(self) -> bool:
        return self._left <= 0 or monotonic() > self._deadline

    def leave_out(self) -> None:
        """Leave out what is not needed, until nothing more can be."""
        before = None
        while before != self.best.size and not self._is_over:
            before = self.best.size
            self._try_first(_without_threads)
            self._try_first(_beginnings)
            self._leave_out_parts()
            self._try_first(_alone)

    def look_elsewhere(self, sample: Sampler) -> None:
        """Look among schedules with fewer preemptions, and leave out what those do not need."""
        bound = self.best.size[0] - 1
        for suspect in sample(bound, self._limit):
            self._left -= 1
            if self._is_over:
                break
            if self._take(suspect):
                self.leave_out()
                if self.best.size[0] <= _FEW:
                    break

    def _try_first(self, simpler: Callable[[Switches], Iterator[Switches]]) -> None:
        """Try what ``simpler`` suggests, anew whenever that has helped."""
        while any(map(self._try, simpler(self._switches))):
            pass

    def _leave_out_parts(self) -> None:
        length = max(1, len(self._switches) // 2)
        while length:
            end = len(self._switches)
            while end > 0:
                start = max(0, end - length)
                switches = self._switches
                if self._try(switches[:start] + switches[end:]):
                    start = min(start, len(self._switches))
                end = start
            length //= 2

    def _try(self, switches: Switches) -> bool:
        if self._is_over or switches in self._tried:
            return False
        self._tried.add(switches)
        self._left -= 1
        return self._take(self._replay(Schedule(switches), self._limit))

    def _take(self, suspect: Finding | None) -> bool:
        if suspect is None or not suspect.resembles(self.best):
            return False
        if suspect.size >= self.best.size:
            return False
        self.best = suspect
        self._tried.add(self._switches)
        return True


def _without_threads(switches: Switches) -> Iterator[Switches]:
    """Let the schedule's threads, one or more, run in the default order only."""
    yield ()
    threads = sorted({thread for switch in switches for thread in (switch[0], switch[2])} - {0})
    for left_out in threads:
        yield tuple(each for each in switches if left_out not in (each[0], each[2]))


def _beginnings(switches: Switches) -> Iterator[Switches]:
    """Follow the schedule for a while: the rest of an endless execution is more of the same."""
    length = 1
    while length < len(switches):
        yield switches[:length]
        length *= 2


def _alone(switches: Switches) -> Iterator[Switches]:
    """Try one of the deviations, also with the threads' roles exchanged; then all but two
    neighbours (there and back).
    """
    if len(switches) > 1:
        for thread, step, to in switches:
            yield ((thread, step, to),)
            if thread and to:
                yield ((to, step, thread),)
    for position in reversed(range(len(switches) - 1)):
        yield switches[:position] + switches[position + 2 :]
