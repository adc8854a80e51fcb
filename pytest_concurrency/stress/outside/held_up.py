"""Threads that meet outside memory in code without scheduling points: the standard library's.

No schedule of an explored cell lets them meet there. Audit events tell of what is touched in any
code: so in runs at full speed one thread is held up before such a touch, until the others have
ended or stand still. That is what worker processes are tried with, too.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final, NamedTuple

from pytest_concurrency import real_time as time
from pytest_concurrency._compat import get_ident
from pytest_concurrency.real_time import sleep
from pytest_concurrency.runtime.scheduler.baton import baton
from pytest_concurrency.stress.outside.asking import IsFree
from pytest_concurrency.stress.outside.preemptions import promising_preemptions
from pytest_concurrency.stress.outside.touch import Deed, Line, Touch, meeting_places
from pytest_concurrency.stress.outside.watch import WATCH

_QUIET_SECONDS: Final = 0.03
"""For how long the others touch nothing before they count as ended, or as waiting."""
_BETWEEN_LOOKS_SECONDS: Final = 0.001
_MOST_TOUCHES: Final = 1000
"""Of one thread."""
MET_UNSEEN: Final = "its threads meet outside memory in code that has no scheduling points"
"""What a cell at full speed notes; of schedules nothing is claimed to be all then."""
Traces = Sequence[Sequence[Touch]]


class _Step(NamedTuple):
    """What a thread does in unseen code; paths may be others in the next run."""

    line: Line | None
    deed: Deed


class Hold(NamedTuple):
    """Before which touch a thread is held up: the first thread that comes there."""

    step: _Step
    before: int
    """How often the thread has done the same before."""


class Noting:
    """Notes what the threads of one run touch, and holds one of them up."""

    def __init__(self, hold: Hold | None) -> None:
        self._hold = hold
        self._by_thread: dict[int, list[Touch]] = {}
        self._main = threading.main_thread().ident

    @property
    def traces(self) -> Traces:
        """What each thread has touched, the main thread left out."""
        return tuple(tuple(trace) for trace in list(self._by_thread.values()))

    def __call__(self, touch: Touch, is_free: IsFree | None) -> None:
        """Be called before a touch, by the thread that is about to do it."""
        me, hold = get_ident(), self._hold
        if me == self._main:
            return
        trace = self._by_thread.setdefault(me, [])
        if len(trace) >= _MOST_TOUCHES:
            return
        if hold is not None and touch.is_unseen and hold == _hold_before(touch, trace):
            self._hold = None
            self._let_others_run(me)
        trace.append(touch)

    def _let_others_run(self, me: int) -> None:
        done, since = -1, time.monotonic()
        while time.monotonic() < since + _QUIET_SECONDS:
            so_far = sum(len(t) for ident, t in list(self._by_thread.items()) if ident != me)
            if so_far != done:
                done, since = so_far, time.monotonic()
            sleep(_BETWEEN_LOOKS_SECONDS)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Note in this block, which runs on instrumented code."""
        amplifier = baton.amplifier
        WATCH.install()
        WATCH.before = self
        baton.amplifier = WATCH.touch
        WATCH.start()
        try:
            yield
        finally:
            WATCH.stop()
            WATCH.before = None
            baton.amplifier = amplifier


class UnseenMeetings:
    """Where threads of one cell meet in unseen code, and what is tried there, run by run."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._holds: list[Hold] | None = None
        self.met = False
        """Whether threads have met there."""

    def next_run(self) -> Noting | None:
        """Return what disturbs the next run; None if nothing is left to try."""
        if self._holds is None:
            return Noting(None)
        return Noting(self._holds.pop(0)) if self._holds else None

    def learn(self, traces: Traces) -> None:
        """Learn from the first run what is to be tried."""
        if self._holds is None:
            self._holds = holds_in(traces, self._rng)
            self.met = bool(self._holds)


def holds_in(traces: Traces, rng: random.Random) -> list[Hold]:
    """Return the touches in unseen code before which others may do harm, the likeliest first."""
    places = meeting_places(traces)
    found: dict[Hold, None] = {}
    for thread, number in promising_preemptions(traces, rng):
        touch, before = traces[thread][number], traces[thread][:number]
        if touch.is_unseen and touch.location in places:
            found[_hold_before(touch, before)] = None
    return [*found]


def _hold_before(touch: Touch, trace: Sequence[Touch]) -> Hold:
    """Return the hold before a touch of a thread that has done what is in ``trace``."""
    step = _Step(touch.line, touch.deed)
    done = (_Step(each.line, each.deed) for each in trace if each.is_unseen)
    return Hold(step, sum(each == step for each in done))
