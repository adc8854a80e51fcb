"""What a new child process does first and last: cut the ties to its parent, work, report, leave.

Used in the children that ``child.py`` forks and, piece by piece, in the workers of process cells.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import io
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any, NoReturn, TypeVar

from pytest_concurrency._compat import exit_now
from pytest_concurrency._compat_processes import (
    forget_fork_server,
    resource_tracker_pid,
    run_finalizers,
)
from pytest_concurrency._pytest_compat import captured_descriptors
from pytest_concurrency.runtime.patches import executors
from pytest_concurrency.runtime.system.chains import is_long
from pytest_concurrency.stress.children import coverage_bridge, process_tree
from pytest_concurrency.stress.children.messages import MessageWriter, pack
from pytest_concurrency.stress.children.temporary import use_temporary_folder

T = TypeVar("T")
Progress = Callable[[str], None]

_LOST_PIPE = 74  # EX_IOERR: the child could not tell what happened


def _choose_stack_signal() -> signal.Signals | int | None:
    """A signal that hardly any program uses."""
    candidates = [getattr(signal, "SIGRTMAX", 0) - 5, signal.SIGUSR2, signal.SIGUSR1]
    for number in candidates:
        if number > 0 and signal.getsignal(number) == signal.SIG_DFL:
            return number
    return None


stack_signal = _choose_stack_signal() if hasattr(signal, "SIGUSR1") else None


def write_stacks_to(file: IO[bytes] | int) -> None:
    """In a child: its crash report, and its stacks when the stack signal comes, go to ``file``."""
    if sys.version_info >= (3, 14):
        faulthandler.enable(file=file, all_threads=True, c_stack=False)
    else:
        faulthandler.enable(file=file, all_threads=True)
    if stack_signal is not None:
        faulthandler.register(stack_signal, file=file, all_threads=True, chain=False)


def reset_signals() -> None:
    """In a child: the handlers of pytest, pytest-timeout and asyncio mean the parent."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGALRM, signal.SIGCHLD, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


@dataclass(frozen=True, slots=True)
class ParentTies:
    """What a child has from its parent."""

    pid: int
    messages: int
    output: int
    stacks: IO[bytes]
    folder: str
    """For its temporary files; "": where the parent puts its own."""
    measuring: Any


_children: set[int] = set()


def is_child() -> bool:
    """Whether this process is a child of ours, or one that such a child has forked."""
    return bool(_children)


def live_as_child(
    work: Callable[[Progress], T], ties: ParentTies, mask: set[signal.Signals] | set[int]
) -> NoReturn:
    """Everything a child ever does, from right after the fork; it never comes back."""
    status = _LOST_PIPE
    try:
        gc.freeze()  # garbage of the parent's is the parent's to finalize
        _children.add(os.getpid())
        process_tree.lead_own_group()
        process_tree.die_with_parent(ties.pid)
        process_tree.adopt_orphans()
        tracker = resource_tracker_pid()
        reset_signals()
        executors.start_over_after_fork()
        forget_fork_server()
        use_temporary_folder(ties.folder)
        write_stacks_to(ties.stacks)
        _redirect_standard_streams(ties.output)
        coverage_bridge.record(ties.measuring)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        _work_and_report(work, MessageWriter(ties.messages), tracker)
        status = 0
    finally:
        exit_now(status)


def _redirect_standard_streams(output_fd: int) -> None:
    devnull = os.open(os.devnull, os.O_RDONLY)
    os.dup2(devnull, 0)
    os.close(devnull)
    for fd, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(output_fd, fd)
        raw = io.FileIO(fd, "w", closefd=False)
        stream = io.TextIOWrapper(
            io.BufferedWriter(raw), "utf-8", "backslashreplace", write_through=True
        )
        setattr(sys, name, stream)
    os.close(output_fd)


def _work_and_report(
    work: Callable[[Progress], T], writer: MessageWriter, tracker: int | None
) -> None:
    final: tuple[Any, ...]
    try:
        value = work(lambda text: writer.send(("progress", text)))
    except BaseException as error:
        final = ("raised", type(error).__name__, describe_exception(error))
    else:
        final = _as_message(value)
    if not writer.is_mine:
        return  # the test forked, and its child came out here
    flush_standard_streams()
    writer.send(("coverage", coverage_bridge.collect()))
    writer.send(final)
    _run_multiprocessing_finalizers()
    process_tree.stop_own_resource_tracker(tracker)
    process_tree.kill_own_children()


def _as_message(value: object) -> tuple[Any, ...]:
    try:
        return ("value", pack(value))
    except Exception as problem:
        text = f"the result cannot be sent back from the child: {in_one_line(problem)}"
        return ("raised", type(problem).__name__, text)


def describe_exception(error: BaseException) -> str:
    """The traceback as text, whatever the exception's own methods do."""
    if is_long(error):
        return in_one_line(error)
    try:
        inside = error.__traceback__ and error.__traceback__.tb_next  # without our own frame
        return "".join(traceback.format_exception(type(error), error, inside)).strip()
    except Exception as problem:
        return f"{type(error).__name__} (its traceback cannot be shown: {in_one_line(problem)})"


WHERE = "schedule when it happened: "
"""How the last line of an exception begins that says in which execution it was raised."""


def headline_of(text: str) -> str:
    """Type and message of the exception that a traceback ends with."""
    lines = [line for line in text.splitlines() if not line.startswith(WHERE)]
    return lines[-1] if lines else text


def in_one_line(problem: BaseException) -> str:
    """Type and message, whatever the exception's own methods do."""
    try:
        return f"{type(problem).__name__}: {' '.join(str(problem).split())}"
    except Exception:
        return type(problem).__name__


def _run_multiprocessing_finalizers() -> None:
    """Pools and managers of the test clean up after themselves (temporary directories, servers)."""
    with contextlib.suppress(BaseException):
        run_finalizers()


def flush_standard_streams() -> None:
    """Before a fork: else the child would inherit, and might write once more, what is still in
    the buffers.
    """
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        with contextlib.suppress(Exception):
            if stream is not None:
                stream.flush()


def own_pytest_capture(capture_manager: Any) -> None:
    """In a child that runs pytest hooks: stop sharing the files of pytest's fd capture with the
    parent.

    A fork shares their offsets, so reading captured output in the child would truncate the
    parent's.
    """
    for target, file, saved in captured_descriptors(capture_manager):
        with tempfile.TemporaryFile(buffering=0) as private:
            os.dup2(private.fileno(), file.fileno())
        os.dup2(target, saved)  # what a suspended capture writes to is our output pipe, too
