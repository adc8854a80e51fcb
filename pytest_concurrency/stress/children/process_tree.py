"""Ending processes so that nothing stays behind: neither children nor what they started.

Every child leads a process group (the outermost even a session), and the kernel is asked to kill
it when its parent dies. Killing goes by group, and where a child is cut short also by descent and
session, as far as the system shows them (``/proc``).
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import os
import select
import signal
import sys
from pathlib import Path

from pytest_concurrency import real_time as time
from pytest_concurrency._compat_processes import let_resource_tracker_end, resource_tracker_pid

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_F_SETSIG = 10
_CLEANUP_SECONDS = 3.0
"""Seconds that a resource tracker gets."""
_in_own_session = False


def lead_own_group() -> None:
    """Called in a new child: leave the terminal's foreground group, so that Ctrl-C reaches the
    parent only.
    """
    global _in_own_session
    if _in_own_session:
        os.setpgid(0, 0)  # stay in the outer child's session: its parent finds us there
    else:
        os.setsid()
        _in_own_session = True


def prepare_death_signal() -> None:
    """Load what ``die_with_parent`` needs; once per process, before forking."""
    with contextlib.suppress(ImportError):
        importlib.import_module("ctypes")


def die_with_parent(parent: int) -> None:
    """Called in a new child: be killed when ``parent`` dies, however it dies (Linux)."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def adopt_orphans() -> None:
    """Called in a new child: what descends from it stays its descendant when those between have
    ended (Linux), so that daemons are found.
    """
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        with contextlib.suppress(ImportError, OSError, AttributeError):
            import ctypes

            ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def share_resource_tracker(*, anyway: bool = False) -> None:
    """Called before forking, if the program may make shared memory, or ``anyway``: one tracker for
    all, which outlives those that are killed.
    """
    is_needed = anyway or "multiprocessing.shared_memory" in sys.modules
    if is_needed and resource_tracker_pid() is None:
        from multiprocessing import resource_tracker

        with contextlib.suppress(Exception):
            resource_tracker.ensure_running()
            atexit.register(stop_own_resource_tracker, None)


def stop_own_resource_tracker(inherited: int | None) -> None:
    """Called in a child at its end: a tracker that it has started itself removes what is left, and
    ends.
    """
    pid = resource_tracker_pid()
    if pid is None or pid == inherited:
        return
    with contextlib.suppress(Exception):
        let_resource_tracker_end()
        until = time.monotonic() + _CLEANUP_SECONDS
        # Not for ever: what the test has left running may hold the pipe open.
        while not os.waitpid(pid, os.WNOHANG)[0] and time.monotonic() < until:
            time.sleep(0.001)


def die_with_pipe(fd: int) -> None:
    """Called in a child of somebody else: be killed when the last writer of the pipe is gone
    (Linux).
    """
    if sys.platform == "linux":
        import fcntl

        fcntl.fcntl(fd, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(fd, _F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_ASYNC)
        if select.select([fd], [], [], 0)[0]:  # gone already
            os.kill(os.getpid(), signal.SIGKILL)


def kill_group(pid: int) -> None:
    """Kill the unreaped child ``pid`` and the group that it leads."""
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)


def kill_tree(pid: int) -> None:
    """Kill the unreaped child ``pid``, its group and session, and everything that descends from
    it.

    But not a resource tracker: it ends by itself when those that it serves are gone, and removes
    what they have left.
    """
    related = _related(pid)
    victims = {each for each in related if not _is_resource_tracker(each)}
    if victims == related:
        kill_group(pid)
    for victim in (pid, *victims):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(victim, signal.SIGKILL)


def _is_resource_tracker(pid: int) -> bool:
    try:
        return b"multiprocessing.resource_tracker" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def kill_own_children() -> None:
    """Called in a child at its end: children in sessions of their own are not found once we are
    gone.
    """
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return  # there are none, and this is the quick way to know
    # Not /proc/self/task/*/children: there they move from thread to thread as threads end.
    for pid in _related(os.getpid()):
        kill_tree(pid)


def has_exited(pid: int) -> bool:
    """Whether the child is dead; it stays unreaped, so that its number is not given to somebody
    else.
    """
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return True


def reap(pid: int) -> int | None:
    """The wait status of a killed or dead child; ``None`` if somebody else has reaped it."""
    try:
        return os.waitpid(pid, 0)[1]
    except ChildProcessError:
        return None


def describe_exit(code: int | None) -> str:
    """An exit code as ``subprocess`` and ``multiprocessing`` give it, in words."""
    if code is None:
        return "ended in an unknown way"
    if code >= 0:
        return f"exited with status {code} (os._exit)"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"


def _related(pid: int) -> set[int]:
    """Descendants of ``pid`` and members of its session, without ``pid`` itself."""
    children: dict[int, list[int]] = {}
    related: set[int] = set()
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            # "pid (any name, also with blanks and brackets) state ppid pgrp session ..."
            fields = entry.read_bytes().rpartition(b")")[2].split()
        except OSError:
            continue
        found, parent, session = int(entry.parent.name), int(fields[1]), int(fields[3])
        children.setdefault(parent, []).append(found)
        if session == pid:
            related.add(found)
    queue = [pid, *related]
    while queue:
        for found in children.get(queue.pop(), ()):
            if found not in related:
                related.add(found)
                queue.append(found)
    return related - {pid}
