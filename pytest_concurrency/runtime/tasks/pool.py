"""Threads that are kept: waking one takes 9 µs, starting one 120 to 290 µs."""

from __future__ import annotations

import ctypes
import sys
import threading
from collections.abc import Callable
from contextvars import Context, copy_context
from typing import Any

from pytest_concurrency._compat import allocate_lock, get_ident, no_daemon
from pytest_concurrency.runtime.effects.shapes import LOCALS
from pytest_concurrency.runtime.system.gate import new_gate
from pytest_concurrency.runtime.system.hooks import own_thread

_get_thread_dict = ctypes.pythonapi.PyThreadState_GetDict
_get_thread_dict.restype = ctypes.py_object
_add_reference = ctypes.pythonapi.Py_IncRef
_add_reference.argtypes = [ctypes.py_object]
_add_reference.restype = None
new_context = copy_context if getattr(sys.flags, "thread_inherit_context", 0) else Context
"""What the context of a new thread is: empty, or its starter's."""

_CAN_CLEAR_LOCALS = sys.version_info < (3, 13)
"""Later, what ``threading.local`` keeps cannot be reached."""


def _thread_dict() -> dict[Any, Any]:
    """Return the dictionary in which C code, that of ``threading.local`` say, keeps what belongs to
    the calling thread.
    """
    found: dict[Any, Any] = _get_thread_dict()
    _add_reference(found)  # the one that came along was only lent
    return found


class Worker:
    """A thread that runs one job each time its gate is opened."""

    __slots__ = ("fresh", "gate", "ident", "job", "local_values", "native_id", "ready")

    def __init__(self) -> None:
        self.gate = new_gate()
        self.job: Callable[[], None] | None = None
        self.ident = self.native_id = 0
        self.local_values: dict[Any, Any] = {}
        """What ``threading.local`` keeps for the thread."""
        self.ready = allocate_lock()
        self.ready.acquire()
        thread = own_thread(self._loop, "concurrency-worker")
        thread.start()
        # What it starts for the program shall be as what an ordinary thread starts.
        no_daemon(thread)
        self.ready.acquire()

    def _loop(self) -> None:
        self.ident, self.native_id = get_ident(), threading.get_native_id()
        self.local_values = _thread_dict()
        self.ready.release()
        while True:
            self.gate.acquire()
            job = self.job
            if job is None:
                return
            job()

    def leave(self) -> None:
        """End its thread, as soon as that has nothing to do."""
        self.job = None
        self.gate.release()


class WorkerPool:
    """Idle workers, last used first."""

    def __init__(self) -> None:
        self._idle: list[Worker] = []
        self.idents: set[int] = set()
        """Of all its threads, idle or not."""
        self.rotates = False
        """Whether what follows one task is on another thread than that, as far as can be."""

    @property
    def reuses(self) -> bool:
        """Whether a thread may be one task after another: not where the program would find the
        values of the last one in its thread locals.
        """
        return _CAN_CLEAR_LOCALS or not LOCALS

    def lacks(self, count: int) -> bool:
        """Whether fewer than ``count`` workers are idle."""
        return len(self._idle) < count

    def start(self) -> None:
        """Add a worker on a new thread."""
        worker = Worker()
        self.idents.add(worker.ident)
        self._idle.append(worker)

    def take(self) -> Worker:
        """Return an idle worker; there must be one."""
        return self._idle.pop(0 if self.rotates else -1)

    def give_back(self, worker: Worker) -> None:
        """Keep ``worker`` for another job. Its thread may still be on its way back to its gate."""
        if self.reuses:
            self._idle.append(worker)
        else:
            self._dismiss(worker)

    def close(self) -> None:
        """Let every idle worker's thread end."""
        while self._idle:
            self._dismiss(self._idle.pop())

    def _dismiss(self, worker: Worker) -> None:
        self.idents.discard(worker.ident)
        worker.leave()
