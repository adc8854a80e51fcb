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
from _thread import allocate_lock
from pathlib import Path
from time import perf_counter

from pytest_concurrency.runtime.baton import Baton
from pytest_concurrency.runtime.frames import current_frames
from pytest_concurrency.runtime.task import NOBODY, Abort, Task

_PERIOD = 0.02
_PATIENCE = 6
"""Looks in a row without progress before the holder counts as blocked."""
_LONG = 3
"""Looks in a row without progress before the time that this takes counts."""


class Watchdog:
    """A daemon thread that runs as long as explorations of this process need it."""

    def __init__(self, baton: Baton) -> None:
        self._baton = baton
        self._seconds = 0.0
        self._over = allocate_lock()
        """Free when there is nothing to watch any more."""

    def start(self, seconds: float) -> None:
        """Watch; each execution may take ``seconds`` of real time."""
        self._seconds = seconds
        self._over = allocate_lock()
        self._over.acquire()
        threading.Thread(target=self._watch, name="concurrency-watchdog", daemon=True).start()

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
        unchanged = 0
        progress: object = None
        over = self._over
        while not over.acquire(timeout=_PERIOD):
            task = baton.current
            if task is None or baton.aborting:
                last = ()
                continue
            now = (baton.started, task, baton.total, baton.budget, baton.cold)
            unchanged = unchanged + 1 if now == last else 0
            last = now
            if perf_counter() - baton.started > self._seconds:
                self._time_is_up(task)
                last = ()
            elif task is NOBODY:
                baton.pass_time(_PERIOD)
                continue
            elif unchanged:
                if unchanged >= _LONG:  # virtual time passes as real time does
                    baton.clock += _PERIOD * (_LONG if unchanged == _LONG else 1)
                if unchanged % _PATIENCE == 1:
                    progress = _progress_of(task)
                elif not unchanged % _PATIENCE and _progress_of(task) == progress:
                    baton.take_away(task)

    def _time_is_up(self, task: Task) -> None:
        baton = self._baton
        baton.outcome = "timeout"
        if baton.snapshot is not None:
            baton.states = baton.snapshot(baton)
        baton.aborting = True
        baton.granted = baton.budget = baton.cold = 0  # who asks next is told to end
        if task is NOBODY:
            for other in baton.tasks:
                if not other.outside and not other.done:
                    baton.current = other
                    other.gate.release()
                    break
            return
        # Ends a loop in Python code at its next bytecode; blocked C code is left to the process's
        # deadline.
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(task.ident), ctypes.py_object(Abort)
        )


def _progress_of(task: Task) -> object:
    """Return something that changes while the task's thread computes: CPU ticks, or where its code
    stands.
    """
    for thread in threading.enumerate():
        if thread.ident == task.ident:
            try:
                stat = Path(f"/proc/self/task/{thread.native_id}/stat").read_text()
            except OSError:
                break
            # Fields 14 and 15, counted behind the name in parentheses: user and system time.
            return stat.rpartition(")")[2].split()[11:13]
    frame = current_frames().get(task.ident)
    return (id(frame), frame.f_lasti if frame is not None else 0)
