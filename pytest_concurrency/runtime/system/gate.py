"""Gates: where the thread of a task waits until the baton comes round.

A gate is closed at first, is opened by another thread, and closes behind the one that was let in.

With the GIL a lock of the interpreter is the fastest gate. Without it such a lock spins before it
waits: on a busy machine each hand-over then costs the time slices of whatever else wants the CPU.
There a gate is a semaphore of the C library, which sleeps at once. It has no descriptor, so a
program that counts its own finds none of ours, and is private memory: a forked process has a copy,
and what it does to that opens nothing here.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from typing import Any, Protocol

from pytest_concurrency._compat import LockType, allocate_lock, gil_enabled
from pytest_concurrency.real_time import wall_clock

_ROOM = 64
"""Bytes; a ``sem_t`` has 16 or 32."""
_NANOSECONDS = 1_000_000_000
HAS_SEMAPHORES = sys.platform.startswith("linux")
"""Elsewhere those in private memory are missing, or not known to be quick."""
_library: Any = ctypes.CDLL(None) if HAS_SEMAPHORES else None


def _function(name: str, *arguments: Any) -> Any:
    """Return a function of the C library that takes a semaphore, and what else."""
    if _library is None:
        return None
    function = getattr(_library, name)
    function.argtypes = [ctypes.c_void_p, *arguments]
    return function


_init = _function("sem_init", ctypes.c_int, ctypes.c_uint)
_wait = _function("sem_wait")
_try_wait = _function("sem_trywait")
_timed_wait = _function("sem_timedwait", ctypes.c_void_p)
_post = _function("sem_post")


class Gate(Protocol):
    """What the gates have in common; locks are some."""

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Wait until it is open, for at most ``timeout`` seconds (-1: as long as it takes), and
        close it; return whether it was opened.
        """
        ...

    def release(self) -> None:
        """Open it."""
        ...


def closed_lock() -> LockType:
    """Return a gate made of a lock."""
    gate = allocate_lock()
    gate.acquire()
    return gate


class _TimeSpec(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class SemaphoreGate:
    """A gate made of a semaphore of the C library (``sem_overview(7)``)."""

    __slots__ = ("_address", "_memory")

    def __init__(self) -> None:
        self._memory = ctypes.create_string_buffer(_ROOM)
        self._address = ctypes.addressof(self._memory)
        if _init(self._address, 0, 0):
            raise OSError("no semaphores in private memory")

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Wait until it is open and close it; return whether it was opened."""
        if not blocking:
            return not _try_wait(self._address)
        if timeout >= 0:
            return self._acquire_until(wall_clock() + timeout)
        while _wait(self._address):
            pass  # a signal came, whose handler has been called
        return True

    def _acquire_until(self, end: float) -> bool:
        until = _TimeSpec(*divmod(int(end * _NANOSECONDS), _NANOSECONDS))
        while _timed_wait(self._address, ctypes.byref(until)):
            if wall_clock() >= end:
                return False
        return True

    def release(self) -> None:
        """Open it."""
        _post(self._address)


new_gate: Callable[[], Gate] = (
    SemaphoreGate if HAS_SEMAPHORES and not gil_enabled() else closed_lock
)
"""Make a closed gate, of the kind that suits this interpreter."""
