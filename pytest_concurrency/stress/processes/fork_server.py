"""Fork servers of our own, kept for the session.

That of ``multiprocessing`` would be started anew in each cell, and have imported nothing: each
worker would import pytest, this package and the program. Ours is started once. For the tests of a
module it forks a second one, which imports what they do, and which their workers are forked by.
Nothing of what pytest's process has in memory is there. Linux only; elsewhere there is none.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from pytest_concurrency._compat_processes import be_fork_server, fork_server_at, forked_by
from pytest_concurrency.instrument.swap import Instrumentation
from pytest_concurrency.runtime.scheduler.baton import baton
from pytest_concurrency.stress.cells.preload import import_all
from pytest_concurrency.stress.children import process_tree
from pytest_concurrency.stress.children.packed import Packed
from pytest_concurrency.stress.outside.watch import WATCH

_PROGRAM = (
    "import json, sys; told = json.loads(sys.stdin.buffer.readline()); "
    "sys.path[:] = told.pop('path'); "
    "from pytest_concurrency.stress.processes.fork_server import serve; serve(**told)"
)

_NEEDED = ("pytest", "pytest_concurrency.stress.processes.process_run")
"""What each worker imports."""


@dataclass(frozen=True, slots=True)
class ForkServer:
    """One that runs: what asks it for processes, and what keeps it alive."""

    asks: Any
    alive: int
    """The end of a pipe; it ends when nobody has that open any more, however we end."""
    begin: Callable[[], None] | None = None
    """What those that it forks do before they begin."""


class ForkServers:
    """Those of this session, in pytest's process and, as long as they run, in its children."""

    def __init__(self) -> None:
        self._first: ForkServer | None = None
        self._pid = self._owner = 0
        self._prepared: ForkServer | None = None
        self._prepared_for: tuple[tuple[str, ...], Instrumentation] | None = None

    @property
    def last(self) -> ForkServer | None:
        """The one that was prepared last; None if none was."""
        return self._prepared

    def prepare(self, modules: Sequence[str], instrumentation: Instrumentation) -> None:
        """See that there is one that has imported ``modules``, as far as they can be, and knows the
        instrumented code of what it has imported. To be called in the process that ends them all.
        """
        if sys.platform != "linux":
            return
        if self._first is None:
            self._first, self._pid = _started()
            self._owner = os.getpid()
        wanted = (tuple(modules), instrumentation)
        if self._prepared is None or self._prepared_for != wanted:
            self._end_prepared()
            self._prepared, self._prepared_for = _forked(self._first, *wanted), wanted

    def end(self) -> None:
        """End all that this process has started."""
        if self._owner != os.getpid():
            return
        self._end_prepared()
        if self._first is not None:
            os.close(self._first.alive)
            process_tree.kill_tree(self._pid)
            process_tree.reap(self._pid)
        self._first, self._owner = None, 0

    def _end_prepared(self) -> None:
        if self._prepared is not None:
            os.close(self._prepared.alive)
            self._prepared = self._prepared_for = None


FORK_SERVERS = ForkServers()


def _started() -> tuple[ForkServer, int]:
    """Start one in a new interpreter; return it and the number of its process."""
    from multiprocessing import spawn

    process_tree.share_resource_tracker(anyway=True)
    address, key = _new_address(), secrets.token_bytes(32)
    reading, alive = os.pipe()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        command = [os.fsdecode(each) for each in spawn.get_command_line()]
        process = subprocess.Popen(
            [*command[: command.index("-c")], "-c", _PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(listener.fileno(), reading),
            start_new_session=True,  # Ctrl-C is ours
        )
        told = {"path": sys.path, "listener": listener.fileno(), "alive": reading, "key": key.hex()}
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError), process.stdin as stdin:
            stdin.write(json.dumps(told).encode() + b"\n")
    os.close(reading)
    process.returncode = 0  # it is waited for by its number
    return ForkServer(fork_server_at(address, alive, key), alive), process.pid


def _forked(
    first: ForkServer, modules: Sequence[str], instrumentation: Instrumentation
) -> ForkServer:
    """Let the first one fork another one, which imports these modules."""
    from multiprocessing import get_context

    # The one that pickles by name: somebody may have emptied ``sys.modules`` meanwhile.
    starting = importlib.import_module("multiprocessing.popen_forkserver")
    address, key = _new_address(), secrets.token_bytes(32)
    reading, alive = os.pipe()
    with socket.socket(socket.AF_UNIX) as listener, forked_by(first.asks):
        listener.bind(address)
        listener.listen()
        handed = [Connection(os.dup(fd), writable=False) for fd in (listener.fileno(), reading)]
        args = (*handed, key.hex(), Packed((modules, instrumentation)))
        process: Any = get_context("forkserver").Process(target=_serve_prepared, args=args)
        # Not by start(): the program would find it among its children.
        starting.Popen(process)
    for each in handed:
        each.close()
    os.close(reading)
    return ForkServer(fork_server_at(address, alive, key), alive)


def _new_address() -> str:
    return f"\0pytest-concurrency-{secrets.token_hex(16)}"


_instrumentation: Instrumentation | None = None
"""Of what this process, a fork server, has imported."""
_modules = 0
"""How many modules there were then."""


def _serve_prepared(listener: Connection, alive: Connection, key: str, told: Packed) -> None:
    global _instrumentation, _modules
    modules, _instrumentation = told.unpack()
    import_all(modules)
    _instrumentation.prepare()
    _modules = len(sys.modules)
    listening, living = os.dup(listener.fileno()), os.dup(alive.fileno())
    listener.close()
    alive.close()
    serve(listening, living, key)


def instrument() -> None:
    """In a process that was forked by such a server: run instrumented code from now on, and note
    what it touches."""
    if _instrumentation is not None:
        if len(sys.modules) > _modules:
            _instrumentation.prepare()
        _instrumentation.swap_in()
        baton.amplifier = WATCH.touch


def serve(listener: int, alive: int, key: str) -> None:
    """Be a fork server; the program of the process."""
    import_all(_NEEDED)
    be_fork_server(listener, alive, bytes.fromhex(key))
