"""Threads that are kept: waking one takes 9 µs, starting one 120 to 290 µs."""

from __future__ import annotations

import threading
from _thread import LockType, allocate_lock, get_ident
from collections.abc import Callable


class Worker:
    """A thread that runs one job each time its gate is opened."""

    __slots__ = ("fresh", "gate", "ident", "job", "ready")

    def __init__(self) -> None:
        self.gate: LockType = allocate_lock()
        self.gate.acquire()
        self.job: Callable[[], None] | None = None
        self.ident = 0
        self.ready = allocate_lock()
        self.ready.acquire()
        threading.Thread(target=self._loop, name="concurrency-worker", daemon=True).start()
        self.ready.acquire()

    def _loop(self) -> None:
        self.ident = get_ident()
        self.ready.release()
        while True:
            self.gate.acquire()
            job = self.job
            if job is None:
                return
            job()


class WorkerPool:
    """Idle workers, last used first."""

    def __init__(self) -> None:
        self._idle: list[Worker] = []

    def take(self) -> Worker | None:
        """Return an idle worker, if there is one."""
        return self._idle.pop() if self._idle else None

    def give_back(self, worker: Worker) -> None:
        """Keep ``worker`` for another job. Its thread may still be on its way back to its gate."""
        self._idle.append(worker)

    def close(self) -> None:
        """Let every idle worker's thread end."""
        while self._idle:
            worker = self._idle.pop()
            worker.job = None
            worker.gate.release()
