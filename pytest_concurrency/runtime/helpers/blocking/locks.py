"""Locks under the scheduler, and the scheduling point before any synchronisation.

Only what blocks in C is replaced: ``Lock``, ``RLock``, ``SimpleQueue``, ``sleep`` and the start
and end of threads. Conditions, events, semaphores, barriers, queues, futures and executors are the
standard library's own Python code, instrumented like the program's, so each Python version's own
behaviour is what is explored.

The real lock is taken and released as usual. The scheduler only makes sure that a task never
*waits* in C: it tries, and if it fails it lets others run until somebody releases.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from pytest_concurrency._compat import (
    PERMITS,
    RLOCK,
    get_ident,
    release_wholly,
    rlock_is_owned,
    take_back,
)
from pytest_concurrency.runtime.effects.shapes import held
from pytest_concurrency.runtime.helpers.blocking.point import reach
from pytest_concurrency.runtime.scheduler.baton import baton as _b
from pytest_concurrency.runtime.scheduler.identity import inner_serial_of, serial_of
from pytest_concurrency.runtime.tasks.task import Abort, Task, Waiting
from pytest_concurrency.runtime.trace.operations import (
    ACQUIRE,
    ACQUIRED,
    COUNTED,
    READ,
    REFUSED,
    RELEASE,
    RELEASED,
    TRY,
)
from pytest_concurrency.runtime.trace.pending import Operation
from pytest_concurrency.runtime.trace.sites import INTERNAL


def point(obj: object, site: int, kind: str, waits: bool = False) -> Task | None:
    """Pass a scheduling point before a synchronisation; None if the calling thread is
    not managed.

    ``waits``: it takes a lock, and waits for it as long as it takes.
    """
    current = _b.current
    if current is None or (current.ident != get_ident() and (current := _b.holder()) is None):
        if _b.amplifier is not None:
            _b.amplifier(site, obj, None, None, kind)
        return None
    if site == INTERNAL:
        return current
    reach(current, site, obj, "", kind, obj, "", waits)
    return current


def acquire(lock: Any, site: int, blocking: bool = True, timeout: float = -1) -> bool:
    """``lock.acquire(blocking, timeout)`` under the scheduler."""
    waits = blocking is True and timeout == -1
    task = point(lock, site, ACQUIRE if waits else TRY, waits)
    if task is None:
        return bool(lock.acquire(blocking, timeout))
    if not blocking or timeout < 0:
        if timeout != -1 or not blocking:
            # A try-lock; or wrong arguments, which raise here what they raise without us.
            if not lock.acquire(blocking, timeout):
                _b.record.note(task.index, inner_serial_of(lock), "", REFUSED, site)
                return False
            note_acquired(lock, task, site)
            return True
        end = None
    else:
        end = _b.clock.now + timeout
    is_over = False
    while not lock.acquire(False):
        # Not by the clock alone: sums of floats differ with the time at which they begin.
        left = None if end is None else end - _b.clock.now
        if is_over or (left is not None and left <= 0):
            _b.record.note(task.index, inner_serial_of(lock), "", REFUSED, site)
            return False
        inner_serial_of(lock)  # by which it is known what is waited for
        again = Operation(site, id(lock), "", ACQUIRE if waits else TRY, waits)
        is_over = not _b.block(task, Waiting("lock", lock), id(lock), left, again)
    note_acquired(lock, task, site)
    return True


def note_acquired(lock: Any, task: Task, site: int) -> None:
    """Note that ``task`` holds ``lock`` now; of one that it has held already that is no news."""
    key = id(lock)
    owner = _b.owners.get(key)
    if owner is None or owner[1] is not task:
        _b.owners[key] = (lock, task)
        entry = _b.record.seen.get(key)
        number = entry[1] if entry is not None and entry[0]() is lock else inner_serial_of(lock)
        _b.record.noted.append((len(_b.record.log), task.index, site, number, "", ACQUIRED))


def release(lock: Any, site: int) -> None:
    """``lock.release()`` under the scheduler."""
    task = before_release(lock, site, lock.release)
    lock.release()
    if task is not None and (type(lock) is not RLOCK or not rlock_is_owned(lock)):
        note_release(lock, site)


def before_release(obj: object, site: int, give_back: Callable[[], object]) -> Task | None:
    """Pass the point before ``give_back()``, or call it here if the execution ends meanwhile; None
    if the calling thread is not managed.
    """
    try:
        return point(obj, site, RELEASE)
    except Abort:
        with suppress(Exception):  # a wait that was given up has not taken it again
            give_back()
        raise


def note_permits(semaphore: Any, task: Task | None) -> None:
    """Note how many permits a semaphore has at a point before something is done to it: no other
    one lies between the two, unless it has to be waited for.
    """
    if task is not None and issubclass(type(semaphore), threading.Semaphore):
        permits = held(semaphore, PERMITS)
        if type(permits) is int:
            _b.record.note(task.index, serial_of(semaphore), permits, COUNTED)


def note_release(lock: Any, site: int) -> None:
    """Let whoever waits for ``lock`` try again."""
    current = _b.current
    if current is None or (current.ident != get_ident() and (current := _b.holder()) is None):
        return
    key = id(lock)
    _b.owners.pop(key, None)
    entry = _b.record.seen.get(key)
    number = entry[1] if entry is not None and entry[0]() is lock else inner_serial_of(lock)
    _b.record.noted.append((len(_b.record.log), current.index, site, number, "", RELEASED))
    if key in _b.waiters:
        _b.wake(key)


def _release_save(lock: Any) -> Any:
    if _b.current is None and _b.amplifier is not None:
        _b.amplifier(INTERNAL, lock, None, None, RELEASE)
    state = release_wholly(lock)
    note_release(lock, INTERNAL)
    return state


def _acquire_restore(lock: Any, state: Any) -> None:
    task = point(lock, INTERNAL, ACQUIRE)
    if task is not None:
        again = Operation(INTERNAL, id(lock), "", ACQUIRE, True)
        while not lock.acquire(False):
            inner_serial_of(lock)
            _b.block(task, Waiting("lock", lock), id(lock), None, again)
        lock.release()
        note_acquired(lock, task, INTERNAL)
    take_back(lock, state)


class ManagedLock:
    """Stands in for a lock in the expression that uses it: a ``with`` statement or a
    bound method.
    """

    __slots__ = ("leaving", "lock", "site")

    def __init__(self, lock: Any, site: int, leaving: int = INTERNAL) -> None:
        self.lock = lock
        self.site = site
        self.leaving = leaving
        """The site of what a ``with`` statement does at its end."""

    def __enter__(self) -> bool:
        return acquire(self.lock, self.site)

    def __exit__(self, *exc_info: object) -> None:
        release(self.lock, self.leaving)

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Acquire."""
        return acquire(self.lock, self.site, blocking, timeout)

    def release(self) -> None:
        """Release."""
        release(self.lock, self.site)

    acquire_lock = acquire
    release_lock = release

    def locked(self) -> bool:
        """Look whether somebody holds it."""
        point(self.lock, self.site, READ)
        return bool(self.lock.locked())

    def __getattr__(self, name: str) -> Any:
        return getattr(self.lock, name)

    def _release_save(self) -> Any:
        return _release_save(self.lock)

    def _acquire_restore(self, state: Any) -> None:
        _acquire_restore(self.lock, state)
