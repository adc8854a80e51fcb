"""Looks after an exploration from outside: threads blocked out of sight, executions that take too
long.

A thread can block where the scheduler does not see it: a lock taken by code that is not
instrumented, real input or output. The watchdog notices that nothing has happened for a while
although the holder's thread sleeps, and passes the baton on. A thread that computes is left alone
until the execution's time is up.
"""

from __future__ import annotations

import ctypes
import threading
import time
from math import inf
from pathlib import Path
from typing import Any

from pytest_concurrency._compat import allocate_lock
from pytest_concurrency.real_time import monotonic, perf_counter
from pytest_concurrency.runtime.scheduler.baton import Baton
from pytest_concurrency.runtime.scheduler.state import COLD
from pytest_concurrency.runtime.system.frames import current_frames
from pytest_concurrency.runtime.system.hooks import own_thread
from pytest_concurrency.runtime.tasks.task import NOBODY, Abort, Task

_PERIOD_SECONDS = 0.02
"""Seconds between two looks."""
_NEXT_LOOK_SECONDS = 0.005
"""The same where nothing has happened since the last one."""
_PATIENT_LOOKS = 4
"""Looks in a row at which the holder's thread slept, before it counts as blocked."""
_SOON_SECONDS = 0.002
"""Seconds between two looks once a thread was blocked where the system says so."""
_ON_DESCRIPTORS = ("pipe", "wait_for_partner", "stream_data", "sk_wait", "skb_wait")
"""Where in the kernel who reads or writes a pipe, FIFO or socket waits: no time ends that."""
_LONG_SECONDS = 0.06
"""Seconds without progress before the time that this takes counts."""
_AGAIN_SECONDS = 0.5
"""Seconds after which a thread that was told to end and goes on is told again."""
_STILL_SECONDS = 1.0
"""An execution that has passed a point within so long still goes on."""
_clock_ns: Any = getattr(time, "clock_gettime_ns", None)
_THREAD_CLOCK = 6
"""What Linux adds to the bits of a thread's number for the clock of its CPU time."""


class Watchdog:
    """A daemon thread that runs as long as explorations of this process need it."""

    def __init__(self, baton: Baton) -> None:
        self._baton = baton
        self._seconds = 0.0
        self._until = inf
        self._over = allocate_lock()
        """Free when there is nothing to watch any more."""
        self._told = 0.0
        """When a thread that runs was last told to end, or did not yet have to."""

    def start(self, seconds: float, until: float = inf) -> None:
        """Watch; each execution may take ``seconds`` of real time, and is cut off ``until`` then
        (of ``time.monotonic``) if it is brief."""
        self._seconds = seconds
        self._until = perf_counter() + until - monotonic()
        self._over = allocate_lock()
        self._over.acquire()
        own_thread(self._watch, "concurrency-watchdog").start()

    def stop(self) -> None:
        """End at once, or as soon as a look has ended."""
        self._over.release()

    def _watch(self) -> None:
        self._baton.ours.add(threading.get_ident())
        try:
            self._look_again_and_again()
        finally:
            self._baton.ours.discard(threading.get_ident())

    def _look_again_and_again(self) -> None:
        baton = self._baton
        last: tuple[object, ...] = ()
        since = looked = counted = perf_counter()
        slept = 0
        clock: object = None
        over = self._over
        period = _PERIOD_SECONDS
        while not over.acquire(
            timeout=min(_NEXT_LOOK_SECONDS, period) if slept or baton.idle else period
        ):
            task = baton.current
            before, looked = looked, perf_counter()
            if task is None or baton.aborting:
                last = ()
                if baton.aborting:
                    self._remind(looked)
                continue
            self._told = looked
            now = (baton.started, task, baton.total, baton.budget, baton.cold)
            if now != last:
                last, slept = now, 0
                since = counted = looked
            if looked - baton.started > self._seconds:
                goes_on = looked - since < self._seconds / 2
                self._time_is_up(task, "too-long" if goes_on else "timeout")
                last = ()
            elif looked > self._until and baton.terms.is_brief:
                goes_on = looked - since < _STILL_SECONDS
                self._time_is_up(task, "too-long" if goes_on else "cut")
                last = ()
            elif task is NOBODY:
                baton.pass_time(looked - before)
            elif since < looked and task.running:
                if looked - since > _LONG_SECONDS:  # virtual time passes as real time does
                    baton.clock.now += looked - counted
                    counted = looked
                used = _cpu_time_if_asleep(task)
                slept = slept + 1 if used is not None and (used == clock or not slept) else 0
                clock = used
                if slept and _waits_for_descriptor(task):
                    period, slept = _SOON_SECONDS, _PATIENT_LOOKS + 1
                if slept > _PATIENT_LOOKS:
                    baton.take_away(task)
                    slept = 0

    def _time_is_up(self, task: Task, outcome: str) -> None:
        """Give the execution up.

        Nobody enters the scheduler, comes back to it or ends meanwhile, so that the Abort meets the
        program's own code. Whoever is in the scheduler sees by itself that the end has come.
        """
        baton = self._baton
        with baton.disturbing():
            if baton.current is not task:
                return  # at the next look
            baton.say_why(outcome)
            baton.aborting = True
            # The rest of the count follows where the thread enters the scheduler to end.
            baton.total += baton.points_since_decision - COLD
            baton.let_no_more_pass()
            if task is NOBODY:
                for other in baton.tasks:
                    if not other.outside and not other.done:
                        baton.current = other
                        other.gate.release()
                        break
            elif task.running:
                _interrupt(task)

    def _remind(self, now: float) -> None:
        """End a thread that was granted points just when time was up, or that has not been seen
        since: a finalizer may have swallowed the Abort.
        """
        baton = self._baton
        with baton.disturbing():
            task = next((each for each in baton.tasks if each.running), None)
            if not baton.aborting or task is None:
                return
            if baton.granted or now - self._told > _AGAIN_SECONDS:
                self._told = now
                baton.let_no_more_pass()
                _interrupt(task)


def _interrupt(task: Task) -> None:
    """End a loop in Python code at its next bytecode; blocked C code is left to the process's
    deadline."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(task.ident), ctypes.py_object(Abort))


def _waits_for_descriptor(task: Task) -> bool:
    """Whether the system says that a sleeping thread waits for what somebody else must do."""
    try:
        where = Path(f"/proc/self/task/{task.native_id}/wchan").read_text()
    except OSError:
        return False
    return any(name in where for name in _ON_DESCRIPTORS)


def _cpu_time_if_asleep(task: Task) -> object:
    """Return the CPU time that a task's thread has used, if it sleeps; else None.

    A thread that waits for the GIL sleeps, too, but uses CPU time meanwhile: it looks every few
    milliseconds whether somebody has changed. One that waits for a CPU, or for a disk, does not
    sleep. Where the system does not tell, the place in its code stands for the time.
    """
    number = task.native_id
    try:
        stat = Path(f"/proc/self/task/{number}/stat").read_text()
        # The third field, the first behind the name in parentheses.
        if stat.rpartition(")")[2].split()[0] != "S":
            return None
        return _clock_ns(~number << 3 | _THREAD_CLOCK)
    except OSError:
        frame = current_frames().get(task.ident)
        return (id(frame), frame.f_lasti if frame is not None else 0)
