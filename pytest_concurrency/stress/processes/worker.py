"""One worker process, as its parent sees it."""

from __future__ import annotations

import contextlib
import math
import multiprocessing
import os
import signal
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from typing import Any

from pytest_concurrency import real_time as time
from pytest_concurrency._compat_processes import forked_by, resource_tracker_pid
from pytest_concurrency.model import StartMethod
from pytest_concurrency.stress.cells.costing import NO_WORK, Work
from pytest_concurrency.stress.children import coverage_bridge, process_tree
from pytest_concurrency.stress.children.child import (
    SECONDS_AFTER_RESULT,
    fork_quietly,
    signals_held_back,
)
from pytest_concurrency.stress.children.in_child import in_one_line, stack_signal
from pytest_concurrency.stress.children.messages import MessageReader, unpack
from pytest_concurrency.stress.children.packed import Packed
from pytest_concurrency.stress.children.stacks import without_own_frames
from pytest_concurrency.stress.children.unpicklable import why_not_sent
from pytest_concurrency.stress.item.outcomes import CopyOutcome
from pytest_concurrency.stress.outside import asking
from pytest_concurrency.stress.outside.touch import Touch
from pytest_concurrency.stress.processes.fork_server import ForkServer
from pytest_concurrency.stress.processes.in_worker import (
    Disturbance,
    Order,
    Surroundings,
    live_as_worker,
)
from pytest_concurrency.stress.processes.inherited.cures import Cure
from pytest_concurrency.stress.processes.inherited.evidence import NOTHING, Inherited
from pytest_concurrency.stress.processes.inherited.watching import InParent
from pytest_concurrency.stress.processes.unsent import UnsentResult


@dataclass(frozen=True, slots=True)
class WorkerResult:
    """How one worker ended, and what it brought back."""

    outcome: CopyOutcome
    value: Any = None
    error: BaseException | None = None
    """What it raised, if that can be pickled; ``outcome`` describes it in any case."""
    trace: tuple[Touch, ...] = ()
    """What it touched outside its memory."""
    work: Work = NO_WORK
    """What the callable took, and its result."""
    inherited: Inherited = NOTHING
    """What it did with what it has inherited."""


class Worker:
    """The parent's view of one process."""

    def __init__(
        self,
        index: int,
        function: Callable[[], Any],
        start_method: StartMethod,
        board: Any,
        disturbance: Disturbance,
        inheritance: InParent | None,
        cure: Cure,
        fork_server: ForkServer | None = None,
    ) -> None:
        self.index = index
        self.final: WorkerResult | None = None
        self.reader: MessageReader | None = None
        self.asked: list[asking.Question] = []
        self.said: list[bool] = []
        self._late = ""
        """Why it was given up."""
        self._finished_at = math.inf
        self._function = function
        self._fork_server = fork_server
        self._start_method = start_method
        self._start_problem = ""
        by_fork = start_method == "fork"
        self._surroundings = None if fork_server is None else _surroundings(fork_server)
        self._stacks = tempfile.TemporaryFile()  # noqa: SIM115 - without a name: nothing is left
        # What multiprocessing hands a descriptor over with, however it starts processes.
        self._handed_over = Connection(os.dup(self._stacks.fileno()), readable=False)
        self._stack_text = ""
        self._context = multiprocessing.get_context(start_method)
        self._receiver, self._sender = self._context.Pipe(duplex=False)
        self._answers: Sequence[int] = os.pipe() if disturbance.asks else ()
        order = Order(
            index=index,
            function=function if by_fork else Packed(function),
            sender=self._sender,
            stacks=self._handed_over,
            board=board,
            disturbance=disturbance,
            parent=os.getpid(),
            measuring=coverage_bridge.active() if by_fork else None,
            described=None if by_fork else coverage_bridge.describe(),
            mask=signal.pthread_sigmask(signal.SIG_BLOCK, ()),
            tracker=resource_tracker_pid(),
            inheritance=inheritance,
            cure=cure,
            answers=self._answers[0] if self._answers else -1,
            surroundings=self._surroundings,
        )
        self._process: Any = self._context.Process(  # type: ignore[attr-defined]
            target=live_as_worker, args=(order,), name=f"process-{index}"
        )
        self._exit_code: int | None = None

    def start(self) -> None:
        """Start it; if that cannot be done, its result says why."""
        server = self._fork_server
        begin = contextlib.nullcontext() if server is None else forked_by(server.asks)
        hold_back = self._start_method == "fork"
        try:
            with (
                signals_held_back() if hold_back else contextlib.nullcontext(),
                fork_quietly(),
                begin,
            ):
                self._process.start()
        except Exception as problem:  # most of all: the callable cannot be pickled
            self._start_problem = self._cannot(why_not_sent(self._function, problem))
        else:
            self.reader = MessageReader(self._receiver.fileno())
        finally:
            self._sender.close()
            self._handed_over.close()
            for each in () if self._surroundings is None else self._surroundings.output:
                each.close()

    def _cannot(self, why: str) -> str:
        return f"cannot be run in a process started with {self._start_method}: {why}"

    @property
    def pid(self) -> int | None:
        """Its process, if it could be started."""
        pid: int | None = self._process.pid
        return pid

    @property
    def descriptors(self) -> tuple[int, ...]:
        """Where something can be read when it has something to say, or has ended."""
        if self.reader is None:
            return ()
        return (self.reader.fd, self._process.sentinel)

    def is_over(self) -> bool:
        """Whether it has ended, or has said all and does not end by itself."""
        if self.pid is None:
            return True
        if self._exit_code is None:
            self._exit_code = self._process.exitcode
        return (
            self._exit_code is not None
            or time.monotonic() - self._finished_at > SECONDS_AFTER_RESULT
        )

    def receive(self) -> None:
        """Take what has arrived."""
        assert self.reader is not None
        for message in self.reader.receive():
            match message:
                case ("coverage", payload):
                    coverage_bridge.merge(payload)
                case ("never", why):
                    self._start_problem = self._cannot(why)
                case (asking.ASKS, question):
                    self.asked.append(question)
                case (asking.SAYS, is_free):
                    self.said.append(is_free)
                case ("end", outcome, value, error, packing, trace, seconds, inherited):
                    self._finished_at = time.monotonic()
                    raised = _unpickled_error(error)
                    work = Work(seconds, message_seconds=packing)
                    result = WorkerResult(outcome, None, raised, trace, work, inherited)
                    self.final = _with_value(result, value)

    def answer(self, word: bytes) -> None:
        """Let it go on, or ask it in turn; of one that is gone nobody hears."""
        with contextlib.suppress(BrokenPipeError):
            os.write(self._answers[1], word)

    def note_timeout(self, why: str) -> None:
        """It hangs: ask for its stacks."""
        if self.final is not None or self.pid is None or self.is_over():
            return
        self._late = why
        if stack_signal is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, stack_signal)

    def end(self) -> None:
        """Kill what is left of it and let go of everything."""
        if self.pid is not None:
            self._exit_code = self._process.exitcode if not self._late else None
            (process_tree.kill_group if self.final else process_tree.kill_tree)(self.pid)
            self._process.join()
            self.receive()  # a dead worker's last words fit into one read
            self._process.close()
            self._stacks.seek(0)
            self._stack_text = without_own_frames(self._stacks.read().decode(errors="replace"))
        self._stacks.close()
        self._receiver.close()
        for number in self._answers:
            os.close(number)

    def stacks_written(self) -> bool:
        """Whether it has begun to say where its threads stand."""
        return os.fstat(self._stacks.fileno()).st_size > 0

    @property
    def timed_out(self) -> bool:
        """Whether it was given up."""
        return bool(self._late)

    def result(self) -> WorkerResult:
        """Say how it ended; to be asked when it is gone."""
        if self.final is not None:
            return self.final
        if self._start_problem:
            problem = self._start_problem
            return WorkerResult(CopyOutcome(self.index, "error", "", problem, phase="setup"))
        if self._late:
            return WorkerResult(
                CopyOutcome(self.index, "timeout", "timeout", self._late, self._stack_text)
            )
        how = process_tree.describe_exit(self._exit_code)
        return WorkerResult(CopyOutcome(self.index, "crashed", "crash", how, self._stack_text))


def _surroundings(fork_server: ForkServer) -> Surroundings:
    out, errors = (Connection(os.dup(fd), readable=False) for fd in (1, 2))
    return Surroundings({**os.environ}, (out, errors), fork_server.begin)


def _with_value(result: WorkerResult, body: bytes | UnsentResult) -> WorkerResult:
    if isinstance(body, UnsentResult):
        return replace(result, value=body)
    began = time.perf_counter()
    try:
        value = unpack(body) if body else None
        if value is None:
            return replace(result, work=Work(result.work.seconds))
        both = result.work.message_seconds + time.perf_counter() - began
        return replace(result, value=value, work=Work(result.work.seconds, len(body), both))
    except BaseException as problem:
        text = f"its result cannot be read back: {in_one_line(problem)}"
        outcome = replace(
            result.outcome, status="failed", kind=type(problem).__name__, message=text
        )
        return replace(result, outcome=outcome)


def _unpickled_error(body: bytes) -> BaseException | None:
    try:
        error = unpack(body) if body else None
    except BaseException:
        return None
    return error if isinstance(error, BaseException) else None
