"""Running a function in a forked child, so that nothing it does can hurt this process.

Whatever happens in there (a hang, ``os._exit``, a crash, processes left behind, a result that
cannot be pickled), the parent gets a ``ChildResult`` that says so, and no process stays.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import tempfile
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any, Generic, Literal, TypeVar

from pytest_concurrency import real_time as time
from pytest_concurrency.model import StressReport
from pytest_concurrency.stress.children import coverage_bridge, process_tree
from pytest_concurrency.stress.children.in_child import (
    ParentTies,
    flush_standard_streams,
    in_one_line,
    is_child,
    live_as_child,
    stack_signal,
)
from pytest_concurrency.stress.children.messages import MessageReader, read_some, unpack
from pytest_concurrency.stress.children.stacks import without_own_frames
from pytest_concurrency.stress.children.stillness import Overdue
from pytest_concurrency.stress.children.temporary import temporary_folder

T = TypeVar("T")
Progress = Callable[[Any], None]
"""Takes a text for people; what is no text is kept, in case that the child does not come back."""
ChildStatus = Literal["done", "raised", "crashed", "timeout"]

_OUTPUT_KEPT = 16 * 1024
_PROGRESS_KEPT = 1000
_TICK_SECONDS = 0.05
SECONDS_AFTER_RESULT = 1.0
SECONDS_FOR_STACKS = 0.5
_HELD_BACK = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True, slots=True)
class ChildResult(Generic[T]):
    """What became of a function that ran in a child."""

    status: ChildStatus
    value: T | None = None
    """What it returned (``done``)."""
    error_type: str = ""
    error: str = ""
    """The traceback, or why the result could not be sent back (``raised``)."""
    exit: str = ""
    """How the process ended where it should not have: ``killed by SIGSEGV`` (``crashed``)."""
    stacks: str = ""
    """Every thread's stack when time was up, or the crash report of ``faulthandler``."""
    progress: tuple[str, ...] = ()
    """The last messages sent before the end."""
    output: str = ""
    """The tail of what the child and its processes wrote to stdout and stderr."""
    seconds: float = 0.0
    kept: tuple[Any, ...] = ()
    """What it has sent besides messages."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, or SIGTERM, while a child was waited for."""

    def __init__(self, kept: Sequence[Any]) -> None:
        super().__init__()
        self.kept = tuple(kept)
        """What the child had sent besides messages."""
        self.report: StressReport | None = None
        """What is known of the test so far, where there is something to tell."""


def run_in_child(
    work: Callable[[Progress], T],
    *,
    seconds: float,
    on_progress: Progress | None = None,
) -> ChildResult[T]:
    """Run ``work`` in a forked child for at most ``seconds``.

    ``work`` gets a function that sends text to ``on_progress`` in this process. What interrupts
    the waiting (Ctrl-C, an exception of ``on_progress``) ends the child and goes on to the
    caller.
    """
    (result,) = run_in_children([work], seconds=seconds, on_progress=on_progress)
    return result


def run_in_children(
    works: Sequence[Callable[[Progress], T]],
    *,
    seconds: float,
    on_progress: Progress | None = None,
) -> list[ChildResult[T]]:
    """Like ``run_in_child`` for several at once; ``on_progress`` gets what the first one sends."""
    started = time.monotonic()
    process_tree.prepare_death_signal()
    process_tree.share_resource_tracker()
    flush_standard_streams()
    with contextlib.ExitStack() as cleanup:
        waits = []
        for index, work in enumerate(works):
            waits.append(_start(work, None if index else on_progress, cleanup))
        return [wait(started, seconds) for wait in waits]


def _start(
    work: Callable[[Progress], T], on_progress: Progress | None, cleanup: contextlib.ExitStack
) -> Callable[[float, float], ChildResult[T]]:
    """Fork a child, and return what waits for it: until so many seconds after a time."""
    messages = cleanup.enter_context(contextlib.closing(_Pipe()))
    output = cleanup.enter_context(contextlib.closing(_Pipe()))
    stacks = cleanup.enter_context(tempfile.TemporaryFile())  # noqa: SIM115
    # A child of a child puts its files where that one does.
    folder = "" if is_child() else cleanup.enter_context(temporary_folder())
    measuring = coverage_bridge.active()
    ties = ParentTies(os.getpid(), messages.write, output.write, stacks, folder, measuring)
    with signals_held_back() as mask:
        try:
            with fork_quietly():
                pid = os.fork()
        except OSError as problem:  # no memory, or too many processes
            text = f"no process could be started: {in_one_line(problem)}"
            return lambda started, seconds: ChildResult("crashed", exit=text)
        if pid == 0:
            live_as_child(work, ties, mask)
        watch: _Watch[T] = _Watch(pid, messages.read, output.read, stacks, on_progress)
        cleanup.callback(watch.end)
    messages.close_write()
    output.close_write()
    return watch.wait


class _Watch(Generic[T]):
    """Waits for one child, and ends it."""

    def __init__(
        self, pid: int, messages: int, output: int, stacks: IO[bytes], on_progress: Progress | None
    ) -> None:
        self._pid = pid
        self._reader = MessageReader(messages)
        os.set_blocking(output, False)
        self._output_fd = output
        self._output = b""
        self._stacks = stacks
        self._on_progress = on_progress
        self._progress: deque[str] = deque(maxlen=_PROGRESS_KEPT)
        self._kept: list[Any] = []
        self._final: tuple[Any, ...] | None = None
        self._open = {messages, output}
        self._poller = select.poll()
        for fd in self._open:
            self._poller.register(fd, select.POLLIN)
        self._ended = False

    def wait(self, started: float, seconds: float) -> ChildResult[T]:
        """Until the child has ended or time is up."""
        try:
            in_time = self._wait_until_dead(started + seconds, Overdue(self._pid, seconds))
        except KeyboardInterrupt:
            raise Interrupted(self._kept) from None
        stacks = "" if in_time or self._final else self._dump_stacks()
        code = self.end(cut_short=not in_time or self._final is None)
        self._drain()
        if self._final is None and in_time:
            stacks = self._read_stacks()
        return self._result(in_time, code, stacks, time.monotonic() - started)

    def end(self, *, cut_short: bool = True) -> int | None:
        """Kill what is left of the child and reap it; its exit code."""
        if self._ended:
            return None
        self._ended = True
        (process_tree.kill_tree if cut_short else process_tree.kill_group)(self._pid)
        status = process_tree.reap(self._pid)
        return None if status is None else os.waitstatus_to_exitcode(status)

    def _wait_until_dead(self, deadline: float, overdue: Overdue) -> bool:
        while not process_tree.has_exited(self._pid):
            left = deadline - time.monotonic()
            if left <= 0:
                if self._final is not None or overdue.hangs():
                    return False
                left = _TICK_SECONDS
            # Its end of the pipe closes a moment before it can be reaped.
            tick = 0.0005 if self._reader.at_end else _TICK_SECONDS
            for fd, _ in self._poller.poll(min(left, tick) * 1000):
                self._read(fd)
            if self._final is not None:
                deadline = min(deadline, time.monotonic() + SECONDS_AFTER_RESULT)
        return True

    def _read(self, fd: int) -> None:
        """Take what ``fd`` holds."""
        if fd == self._output_fd:
            data = read_some(fd)
            self._output = (self._output + (data or b""))[-_OUTPUT_KEPT:]
            at_end = data == b""
        else:
            for message in self._reader.receive():
                self._take(message)
            at_end = self._reader.at_end
        if at_end:
            self._open.discard(fd)
            self._poller.unregister(fd)

    def _take(self, message: tuple[Any, ...]) -> None:
        match message:
            case ("progress", kept) if not isinstance(kept, str):
                self._kept.append(kept)
            case ("progress", text):
                self._progress.append(text)
                if self._on_progress is not None:
                    self._on_progress(text)
            case ("coverage", payload):
                coverage_bridge.merge(payload)
            case _:
                self._final = message

    def _drain(self) -> None:
        """A dead child's last words; they fit into one read, and a process it left may write on."""
        for fd in tuple(self._open):
            self._read(fd)

    def _dump_stacks(self) -> str:
        if stack_signal is None:
            return ""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, stack_signal)
        return self._read_stacks(wait=SECONDS_FOR_STACKS)

    def _read_stacks(self, wait: float = 0.0) -> str:
        size, deadline = 0, time.monotonic() + wait
        while time.monotonic() < deadline and not process_tree.has_exited(self._pid):
            time.sleep(0.02)
            grown = os.fstat(self._stacks.fileno()).st_size
            if grown and grown == size:
                break
            size = grown
        self._stacks.seek(0)
        return without_own_frames(self._stacks.read().decode(errors="replace"))

    def _result(
        self, in_time: bool, code: int | None, stacks: str, seconds: float
    ) -> ChildResult[T]:
        status: ChildStatus
        value, error_type, error, how = None, "", "", ""
        match self._final:
            case ("value", body):
                status = "done"
                try:
                    value = unpack(body)
                except Exception as problem:
                    status, error_type = "raised", type(problem).__name__
                    error = f"the result of the child cannot be read: {in_one_line(problem)}"
            case ("raised", error_type, error):
                status = "raised"
            case _:
                status = "crashed" if in_time else "timeout"
                how = process_tree.describe_exit(code) if in_time else "killed when time was up"
        text = self._output.decode(errors="replace")
        return ChildResult(
            status,
            value,
            error_type,
            error,
            how,
            stacks,
            tuple(self._progress),
            text,
            seconds,
            tuple(self._kept),
        )


class _Pipe:
    def __init__(self) -> None:
        self.read, self.write = os.pipe()
        self._open = {self.read, self.write}

    def close_write(self) -> None:
        self._close(self.write)

    def close(self) -> None:
        for fd in tuple(self._open):
            self._close(fd)

    def _close(self, fd: int) -> None:
        self._open.discard(fd)
        os.close(fd)


@contextlib.contextmanager
def fork_quietly() -> Iterator[None]:
    """Without the warning of 3.12+ that locks of other threads stay locked in the child.

    Such a child hangs, is ended at its deadline, and costs nobody else anything. Nor is it worth an
    error that multiprocessing starts its resource tracker again after a test has killed it.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"resource_tracker: process died", UserWarning)
        warnings.filterwarnings("ignore", r"This process .* is multi-threaded", DeprecationWarning)
        yield


@contextlib.contextmanager
def signals_held_back() -> Iterator[set[signal.Signals] | set[int]]:
    """While a child starts, so that an interrupted parent cannot lose it; gives the mask before."""
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, _HELD_BACK)
    try:
        yield mask
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
