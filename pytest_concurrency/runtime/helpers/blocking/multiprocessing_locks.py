"""Locks and semaphores of ``multiprocessing`` under the scheduler: nobody waits in C.

For a lock that a thread of this process holds one waits as for any other. Who has it otherwise, and
who will release a semaphore, is not known: there one waits as for a descriptor, which another
process, too, may make ready.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib import import_module
from typing import Any

from pytest_concurrency._compat_processes import is_mine, is_zero, semaphore_of
from pytest_concurrency.runtime.helpers.blocking.locks import (
    before_release,
    note_acquired,
    note_release,
    point,
)
from pytest_concurrency.runtime.helpers.blocking.stand_ins import STAND_INS
from pytest_concurrency.runtime.scheduler.baton import baton as _b
from pytest_concurrency.runtime.scheduler.identity import inner_serial_of
from pytest_concurrency.runtime.system.descriptors import (
    Descriptors,
    has_children,
    is_older_semaphore,
)
from pytest_concurrency.runtime.tasks.task import Waiting
from pytest_concurrency.runtime.trace.operations import ACQUIRE, GOT, PUT, TRY
from pytest_concurrency.runtime.trace.pending import Operation
from pytest_concurrency.runtime.trace.sites import INTERNAL

_CLASSES = {
    "_multiprocessing": ("SemLock",),
    "multiprocessing.synchronize": ("Lock", "RLock"),
    "multiprocessing.sharedctypes": ("Synchronized", "SynchronizedArray", "SynchronizedString"),
}


class _Place(Descriptors):
    """That a semaphore is free, which no descriptor tells."""

    __slots__ = ("awaited",)
    longest_look = 0.002

    def __init__(self, lock: Any) -> None:
        super().__init__("a lock or semaphore of multiprocessing", {})
        self.awaited = lock

    def are_ready(self) -> bool:
        return not is_zero(self.awaited)

    def depend_on_outside(self) -> bool:
        return has_children() or is_older_semaphore(self.awaited.handle)


class ManagedSemLock:
    """Stands in for such a lock, or for a shared value with one, in the expression that uses it."""

    __slots__ = ("holder", "leaving", "lock", "site")

    def __init__(self, holder: Any, site: int, leaving: int = INTERNAL) -> None:
        self.holder = holder
        self.lock = semaphore_of(holder)
        self.site = site
        self.leaving = leaving

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *exc_info: object) -> None:
        self._release(self.leaving)

    def acquire(self, block: bool = True, timeout: float | None = None) -> bool:
        """Acquire."""
        lock = self.lock
        waits = block is True and timeout is None
        is_lock = lock.maxvalue == 1
        kind = ACQUIRE if waits else TRY
        task = point(lock, self.site, kind, waits=waits and is_lock)
        if task is None:
            return bool(lock.acquire(block, timeout))
        end = None if timeout is None else _b.clock.now + timeout
        while not lock.acquire(False):
            left = None if end is None else end - _b.clock.now
            if not block or (left is not None and left <= 0):
                return False
            if id(lock) not in _b.owners:
                if not _b.wait_until_ready(task, _Place(lock), left):
                    return bool(lock.acquire(False))
                continue
            again = Operation(self.site, id(lock), "", kind, waits)
            if not _b.block(task, Waiting("lock", lock), id(lock), left, again):
                return bool(lock.acquire(False))
        if is_lock:
            note_acquired(lock, task, self.site)
        else:
            # A permit has no owner: it is passed on, as an item of a queue is.
            _b.record.note(task.index, inner_serial_of(lock), "", GOT, self.site)
        return True

    def release(self) -> None:
        """Release."""
        self._release(self.site)

    def _release(self, site: int) -> None:
        before_release(self.lock, site, self.lock.release)
        self.lock.release()
        if self.lock.maxvalue == 1:
            if not is_mine(self.lock):
                note_release(self.lock, site)
        elif (task := _b.holder()) is not None:
            _b.record.note(task.index, inner_serial_of(self.lock), "", PUT, site)
        _b.tell_pollers()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.holder, name)


_managed: dict[int, type] = {}
"""Their types, by address."""


def manage() -> None:
    """Let the locks of ``multiprocessing`` be managed if the program has imported it.

    It imports their modules itself only when it makes the first one.
    """
    if "multiprocessing" not in sys.modules:
        return
    with suppress(ImportError):  # where there are no semaphores
        for name, classes in _CLASSES.items():
            module = import_module(name)
            found: list[type] = [getattr(module, each) for each in classes]
            _managed.update(zip(map(id, found), found, strict=True))
    STAND_INS.update(dict.fromkeys(_managed, ManagedSemLock))
