"""The door to what ``multiprocessing`` does not promise, as ``_compat`` is to the rest of CPython.

A program may never import its modules: what asks about them looks whether they are there.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

CONNECTION_RECEIVE, CONNECTION_SEND = "_recv", "_send"
"""The methods in which a connection reads and writes: ``(size, read)`` and ``(bytes, write)``."""


def semaphore_of(holder: Any) -> Any:
    """Return the semaphore in C of a lock, or of a shared value with a lock, or itself."""
    holder = getattr(holder, "_lock", holder)
    return getattr(holder, "_semlock", holder)


def is_semaphore(value: object) -> bool:
    """Whether it is a lock of ``multiprocessing`` as the interpreter has it."""
    return type(value).__name__ == "SemLock" and hasattr(value, "_is_zero")


def name_of_semaphore(value: Any) -> str:
    """Return by which name other processes know a lock of ``multiprocessing``, or its semaphore in
    C; "" of anything else, and of one that only forks have."""
    inner = getattr(value, "__dict__", {}).get("_semlock", value)
    return (inner.name or "") if is_semaphore(inner) else ""


def is_zero(semaphore: Any) -> bool:
    """Whether who takes it must wait."""
    return bool(semaphore._is_zero())


def is_mine(semaphore: Any) -> bool:
    """Whether the calling thread holds it."""
    return bool(semaphore._is_mine())


def raw_value_of(shared: Any) -> Any:
    """Return the object of ``ctypes`` in a shared value with a lock, or itself."""
    return getattr(shared, "__dict__", {}).get("_obj", shared)


def is_in_shared_memory(raw: Any) -> bool:
    """Whether an object of ``ctypes`` lies in memory that forked processes share."""
    return "_wrapper" in getattr(raw, "__dict__", {})


def resource_tracker_pid() -> int | None:
    """Return the process that removes named segments and semaphores which were left behind; None
    while there is none."""
    pid: int | None = getattr(_resource_tracker(), "_pid", None)
    return pid


def let_resource_tracker_end() -> None:
    """Close the pipe to it, and forget it: it ends when nobody has that pipe open any more."""
    tracker = _resource_tracker()
    os.close(tracker._fd)
    tracker._fd = tracker._pid = None


def _resource_tracker() -> Any:
    module = sys.modules.get("multiprocessing.resource_tracker")
    return getattr(module, "_resource_tracker", None)


def forget_fork_server() -> None:
    """In a forked child: the fork server is a child of the parent's, and cannot be waited for here.
    Whoever needs one starts another one.
    """
    server: Any = getattr(sys.modules.get("multiprocessing.forkserver"), "_forkserver", None)
    if getattr(server, "_forkserver_pid", None) is None:
        return
    with suppress(OSError, TypeError):
        os.close(server._forkserver_alive_fd)
    for name in ("_forkserver_pid", "_forkserver_alive_fd", "_forkserver_address"):
        setattr(server, name, None)


def fork_server_at(address: str, alive: int, key: bytes) -> Any:
    """Return what asks a fork server for processes that is no child of this process: where it
    listens, the pipe that keeps it alive, and what proves who asks (from 3.14 on)."""
    from multiprocessing import forkserver, resource_tracker

    server: Any = forkserver.ForkServer()
    server._forkserver_address, server._forkserver_alive_fd = address, alive
    server._forkserver_authkey = key
    server.ensure_running = resource_tracker.ensure_running  # it runs
    return server


@contextmanager
def forked_by(server: Any) -> Iterator[None]:
    """Let ``server`` fork what is started in this block by ``forkserver``. The main module, which
    runs the tests, is not run once more there: it may have no ``if __name__ == "__main__"``."""
    from multiprocessing import forkserver, spawn

    connect, prepare = forkserver.connect_to_new_process, spawn.get_preparation_data

    def without_main(name: str) -> dict[str, Any]:
        told = prepare(name).items()
        return {key: value for key, value in told if not key.startswith("init_main")}

    forkserver.connect_to_new_process = server.connect_to_new_process
    spawn.get_preparation_data = without_main
    try:
        yield
    finally:
        forkserver.connect_to_new_process, spawn.get_preparation_data = connect, prepare


def be_fork_server(listener: int, alive: int, key: bytes) -> None:
    """Fork a process for each that connects to a socket, until nobody has the other end of a pipe
    open any more."""
    from inspect import signature
    from multiprocessing import forkserver

    main: Any = forkserver.main
    told = {}
    if "authkey_r" in signature(main).parameters:
        told["authkey_r"], writing = os.pipe()
        os.write(writing, key)
        os.close(writing)
    main(listener, alive, [], **told)


@contextmanager
def inheriting() -> Iterator[None]:
    """While something is unpickled that was sent to a process when it was started."""
    from multiprocessing import process

    me: Any = process.current_process()
    me._inheriting = True
    try:
        yield
    finally:
        del me._inheriting


def run_finalizers() -> None:
    """Let pools and managers clean up after themselves: temporary folders, servers."""
    util: Any = sys.modules.get("multiprocessing.util")
    if util is not None:
        util._run_finalizers()
