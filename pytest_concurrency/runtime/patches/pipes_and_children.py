"""What blocks on the outside, sockets and selectors apart: pipes, child processes.

As with sockets, the real function is called when it will not block. One that may make another
descriptor ready lets those look that wait for one.
"""

from __future__ import annotations

import os
import select
import stat
import sys
import threading
from collections.abc import Callable
from typing import Any

from pytest_concurrency._compat_processes import CONNECTION_RECEIVE, CONNECTION_SEND
from pytest_concurrency.runtime.patches import selecting, sockets
from pytest_concurrency.runtime.scheduler.baton import baton as _b
from pytest_concurrency.runtime.system.descriptors import READABLE, WRITABLE, Descriptors
from pytest_concurrency.runtime.tasks.task import Task

_PIECE = getattr(select, "PIPE_BUF", 512)
"""Bytes that a pipe which is ready takes without blocking."""
_MOMENT_SECONDS = 0.005
"""Seconds of real time between two looks for a child that has ended, where there is nothing else to
wait for.
"""
_real_read, _real_write = os.read, os.write
_real_waitpid: Any = getattr(os, "waitpid", None)


def nap(task: Task, what: str, seconds: float) -> None:
    """Wait in real time."""
    _b.wait_until_ready(task, Descriptors(what, {}), seconds)


def _wait_for_number(number: Any, event: int, what: str) -> bool:
    """Wait, if the calling thread is managed, until a call will not block; return False if it is
    not, or the call never blocks.
    """
    task = _b.holder()
    if task is None or type(number) is not int:
        return False
    try:
        if stat.S_ISREG(os.fstat(number).st_mode) or not os.get_blocking(number):
            return False
    except OSError:
        return False
    _b.wait_until_ready(task, Descriptors(what, {number: event}), None)
    return True


def _read(fd: Any, length: Any, /) -> bytes:
    _wait_for_number(fd, READABLE, "data from a pipe")
    return _real_read(fd, length)


def _write(fd: Any, data: Any, /) -> int:
    if not _wait_for_number(fd, WRITABLE, "room in a pipe"):
        written = _real_write(fd, data)
        _b.tell_pollers()
        return written
    with memoryview(data) as view, view.cast("B") as rest:
        written = _write_piece(fd, rest[:_PIECE])
        while written < len(rest):
            _wait_for_number(fd, WRITABLE, "room in a pipe")
            written += _write_piece(fd, rest[written : written + _PIECE])
    return written


def _write_piece(fd: int, piece: memoryview) -> int:
    written = _real_write(fd, piece)
    _b.tell_pollers()
    return written


def _wait_pid(pid: int, options: int, /) -> Any:
    """Replace ``os.waitpid``."""
    task = _b.holder()
    if task is None or options & os.WNOHANG:
        return _real_waitpid(pid, options)
    while True:
        found = _real_waitpid(pid, options | os.WNOHANG)
        if found[0]:
            return found
        _wait_for_end(task, pid)


def _wait_for_end(task: Task, pid: int) -> None:
    what = "the end of a child process"
    try:
        number = os.pidfd_open(pid)
    except (AttributeError, OSError):
        nap(task, what, _MOMENT_SECONDS)
        return
    try:
        _b.wait_until_ready(task, Descriptors(what, {number: READABLE}), None)
    finally:
        os.close(number)


def _wait_any() -> Any:
    """Replace ``os.wait``."""
    return _wait_pid(-1, 0)


# -- packages that keep functions of their own ---------------------------------------------------


def _communicate(popen: Any) -> Callable[..., Any]:
    real = popen.communicate

    def communicate(self: Any, input: Any = None, timeout: float | None = None) -> Any:
        if timeout is None and _b.holder() is not None:
            timeout = threading.TIMEOUT_MAX  # else a single pipe is read in C
        return real(self, input, timeout)

    return communicate


def _connections(cls: Any) -> dict[str, Any]:
    """Replace what a connection of ``multiprocessing`` keeps of ``os``."""
    receive, send = getattr(cls, CONNECTION_RECEIVE), getattr(cls, CONNECTION_SEND)

    def _recv(self: Any, size: int, read: Any = _real_read) -> Any:
        return receive(self, size, _read if read is _real_read else read)

    def _send(self: Any, buf: Any, write: Any = _real_write) -> None:
        send(self, buf, _write if write is _real_write else write)

    return {CONNECTION_RECEIVE: _recv, CONNECTION_SEND: _send}


def patches() -> dict[Any, dict[str, Any]]:
    """Return what is replaced, by the module or class that holds it."""
    if _real_waitpid is None:
        return {}  # Windows: what blocks there is found by the watchdog
    import posix  # where the functions of ``os`` say that they are from

    numbers = {
        "read": _read,
        "write": _write,
        "close": sockets.closing(os, "close"),
        "waitpid": _wait_pid,
        "wait": _wait_any,
    }
    found: dict[Any, dict[str, Any]] = {
        **sockets.patches(),
        **selecting.patches(),
        posix: numbers,
        os: numbers,
    }
    if (module := sys.modules.get("subprocess")) is not None:
        found[module.Popen] = {"communicate": _communicate(module.Popen)}
    if (module := sys.modules.get("multiprocessing.connection")) is not None:
        found[module.Connection] = _connections(module.Connection)
    return found
