"""Locks on files under the scheduler: a call that would block waits for the baton to come round.

They are released by a call, or when a file is closed, which may happen in C where nobody tells us:
so what follows a wait for one is not decided here alone.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from pytest_concurrency.runtime.scheduler.baton import baton as _b
from pytest_concurrency.runtime.system.descriptors import Descriptors
from pytest_concurrency.runtime.tasks.task import Task

_WHAT = "a lock on a file"
_MOMENT_SECONDS = 0.005
"""Seconds of real time between two tries for what only another process can release."""


class _FileLock(Descriptors):
    """What a thread waits for: that nobody holds a lock on the file of its descriptor."""

    __slots__ = ("_lock", "_number", "_operation")

    def __init__(self, lock: Callable[[int, int], Any], number: int, operation: int) -> None:
        super().__init__(_WHAT, {})
        self._lock, self._number, self._operation = lock, number, operation

    def are_ready(self) -> bool:
        """Whether the lock could be had, tried by a description of the file of our own: so nobody
        is given it before its turn."""
        try:
            other = os.open(f"/proc/self/fd/{self._number}", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            self._lock(other, self._operation)
        except OSError:
            return False
        finally:
            _close(other)
        return True

    def depend_on_outside(self) -> bool:
        """Whether another process has locked the file, as far as the system says."""
        with suppress(OSError, ValueError):
            file = str(os.fstat(self._number).st_ino)
            lines = map(str.split, Path("/proc/locks").read_text().splitlines())
            holders = [line[4] for line in lines if "->" not in line and _file_of(line) == file]
            return not holders or any(pid != str(os.getpid()) for pid in holders)
        return True


def _file_of(line: list[str]) -> str:
    """Return the number of the file: ``1: FLOCK ADVISORY WRITE 1234 08:01:42 0 EOF``."""
    return line[5].rpartition(":")[2]


_close = os.close


def _locking(fcntl: Any, name: str, wait: Callable[[Any, Task, int, int], None]) -> Any:
    real = getattr(fcntl, name)

    def lock(fd: Any, operation: int, /, *rest: Any, **more: Any) -> Any:
        task = _b.holder()
        blocks = type(operation) is int and not operation & (fcntl.LOCK_NB | fcntl.LOCK_UN)
        if task is None or not blocks:
            result = real(fd, operation, *rest, **more)
            _b.tell_pollers()
            return result
        while True:
            try:
                return real(fd, operation | fcntl.LOCK_NB, *rest, **more)
            except (BlockingIOError, PermissionError):
                _b.account.lost_sight = True
                number = fd if type(fd) is int else int(fd.fileno())
                wait(real, task, number, operation | fcntl.LOCK_NB)

    return lock


def _wait_for_file(real: Any, task: Task, number: int, operation: int) -> None:
    _b.wait_until_ready(task, _FileLock(real, number, operation), None)


def _wait_for_process(real: Any, task: Task, number: int, operation: int) -> None:
    """Wait for a lock of the kind that threads of one process share."""
    _b.wait_until_ready(task, Descriptors(_WHAT, {}), _MOMENT_SECONDS)


def patches() -> dict[Any, dict[str, Any]]:
    """Return what is replaced, by the module that holds it."""
    fcntl = sys.modules.get("fcntl")
    if fcntl is None:
        return {}
    return {
        fcntl: {
            "flock": _locking(fcntl, "flock", _wait_for_file),
            "lockf": _locking(fcntl, "lockf", _wait_for_process),
        }
    }
