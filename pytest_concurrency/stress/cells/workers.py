"""Running callables in processes of their own: one after another, or all at once.

One after another is the control: what fails there already is no matter of concurrency.
"""

from __future__ import annotations

import contextlib
import math
import mmap
import multiprocessing
import os
import pickle
import random
import select
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_concurrency.model import StartMethod
from pytest_concurrency.stress import coverage_bridge, process_tree
from pytest_concurrency.stress.cells.in_worker import Order, live_as_worker
from pytest_concurrency.stress.child import (
    GRACE_AFTER_RESULT,
    GRACE_FOR_STACKS,
    fork_quietly,
    signals_held_back,
    without_own_frames,
)
from pytest_concurrency.stress.in_child import in_one_line, stack_signal
from pytest_concurrency.stress.outcomes import CopyOutcome
from pytest_concurrency.stress.pipes import MessageReader

_LONGEST_JITTER = 2e-4
_TICK = 0.02


@dataclass(frozen=True, slots=True)
class WorkerResult:
    """How one worker ended, and what it brought back."""

    outcome: CopyOutcome
    value: Any = None
    error: BaseException | None = None
    """What it raised, if that can be pickled; ``outcome`` describes it in any case."""


def run_workers_in_turn(
    callables: Sequence[Callable[[], Any]],
    *,
    start_method: StartMethod = "fork",
    deadline: float = math.inf,
) -> list[WorkerResult]:
    """Run each callable in a process of its own, the next when the one before has ended."""
    results = []
    for index, function in enumerate(callables):
        with _attended([_Worker(index, function, start_method)]) as workers:
            _attend(workers, deadline)
        results += [worker.result() for worker in workers]
    return results


def run_workers_at_once(
    callables: Sequence[Callable[[], Any]],
    rng: random.Random,
    *,
    start_method: StartMethod = "fork",
    deadline: float = math.inf,
) -> list[WorkerResult]:
    """Run the callables in processes let go at the same moment, up to a random jitter."""
    gate = _new_gate(len(callables), start_method)
    with _attended(
        [
            _Worker(index, function, start_method, gate, rng.uniform(0, _LONGEST_JITTER))
            for index, function in enumerate(callables)
        ]
    ) as workers:
        while not all(gate[1 + worker.index] or worker.is_over() for worker in workers):
            if time.monotonic() >= deadline:
                break
            time.sleep(0)
        gate[0] = 1
        _attend(workers, deadline)
    return [worker.result() for worker in workers]


def _new_gate(count: int, start_method: StartMethod) -> Any:
    """Shared bytes: is it open, and who has arrived."""
    if start_method == "fork":
        return mmap.mmap(-1, 1 + count)
    return multiprocessing.get_context(start_method).RawArray("B", 1 + count)


class _Worker:
    """The parent's view of one process."""

    def __init__(
        self,
        index: int,
        function: Callable[[], Any],
        start_method: StartMethod,
        gate: Any = None,
        jitter: float = 0.0,
    ) -> None:
        self.index = index
        self.final: tuple[CopyOutcome, Any, BaseException | None] | None = None
        self.reader: MessageReader | None = None
        self._timed_out = False
        self._finished_at = math.inf
        self._start_method = start_method
        self._start_problem = ""
        self._stacks = tempfile.NamedTemporaryFile(prefix="stacks-")  # noqa: SIM115
        self._stack_text = ""
        self._context = multiprocessing.get_context(start_method)
        self._receiver, self._sender = self._context.Pipe(duplex=False)
        by_fork = start_method == "fork"
        order = Order(
            index=index,
            function=function,
            sender=self._sender,
            stacks=self._stacks.name,
            gate=gate,
            jitter=jitter,
            parent=os.getpid(),
            measuring=coverage_bridge.active() if by_fork else None,
            described=None if by_fork else coverage_bridge.describe(),
            mask=signal.pthread_sigmask(signal.SIG_BLOCK, ()),
        )
        self._process: Any = self._context.Process(  # type: ignore[attr-defined]
            target=live_as_worker, args=(order,), name=f"process-{index}"
        )
        self._exit_code: int | None = None

    def start(self) -> None:
        hold_back = self._start_method == "fork"
        try:
            with signals_held_back() if hold_back else contextlib.nullcontext(), fork_quietly():
                self._process.start()
        except Exception as problem:  # most of all: the callable cannot be pickled
            self._start_problem = (
                f"cannot be run in a process started with {self._start_method}: "
                f"{in_one_line(problem)}"
            )
        else:
            self.reader = MessageReader(self._receiver.fileno())
        finally:
            self._sender.close()

    @property
    def _pid(self) -> int | None:
        pid: int | None = self._process.pid
        return pid

    def is_over(self) -> bool:
        """Whether it has ended, or has said all and does not end by itself."""
        if self._pid is None:
            return True
        if self._exit_code is None:
            self._exit_code = self._process.exitcode
        return (
            self._exit_code is not None or time.monotonic() - self._finished_at > GRACE_AFTER_RESULT
        )

    def receive(self) -> None:
        """Take what has arrived."""
        assert self.reader is not None
        for message in self.reader.receive():
            match message:
                case ("coverage", payload):
                    coverage_bridge.merge(payload)
                case ("end", outcome, value, error):
                    self._finished_at = time.monotonic()
                    self.final = (outcome, _unpickled(value), _unpickled_error(error))

    def note_timeout(self) -> None:
        """Time is up: ask for its stacks."""
        if self.final is not None or self._pid is None or self.is_over():
            return
        self._timed_out = True
        if stack_signal is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, stack_signal)

    def end(self) -> None:
        """Kill what is left of it and let go of everything."""
        if self._pid is not None:
            self._exit_code = self._process.exitcode if not self._timed_out else None
            (process_tree.kill_group if self.final else process_tree.kill_tree)(self._pid)
            self._process.join()
            self.receive()  # a dead worker's last words fit into one read
            self._process.close()
            self._stacks.seek(0)
            self._stack_text = without_own_frames(self._stacks.read().decode(errors="replace"))
        self._stacks.close()
        self._receiver.close()

    def stacks_written(self) -> bool:
        return os.fstat(self._stacks.fileno()).st_size > 0

    @property
    def timed_out(self) -> bool:
        return self._timed_out

    def result(self) -> WorkerResult:
        if self.final is not None:
            return WorkerResult(*self.final)
        if self._start_problem:
            problem = self._start_problem
            return WorkerResult(CopyOutcome(self.index, "error", "", problem, phase="setup"))
        if self._timed_out:
            text = "did not end in time"
            return WorkerResult(
                CopyOutcome(self.index, "timeout", "timeout", text, self._stack_text)
            )
        how = process_tree.describe_exit(self._exit_code)
        return WorkerResult(CopyOutcome(self.index, "crashed", "crash", how, self._stack_text))


@contextlib.contextmanager
def _attended(workers: list[_Worker]) -> Iterator[list[_Worker]]:
    """Started at the beginning, gone at the end, whatever happens between."""
    process_tree.prepare_death_signal()
    try:
        for worker in workers:
            worker.start()
        yield workers
    finally:
        for worker in workers:
            worker.end()


def _attend(workers: list[_Worker], deadline: float) -> None:
    """Listen to the workers until they are over or time is up."""
    poller = select.poll()
    readers = {worker.reader.fd: worker for worker in workers if worker.reader is not None}
    for fd in readers:
        poller.register(fd, select.POLLIN)
    while not all(worker.is_over() for worker in workers):
        left = deadline - time.monotonic()
        if left <= 0:
            _collect_stacks(workers)
            return
        tick = _TICK if readers else 0.0005  # the last thing before it can be reaped
        for fd, _ in poller.poll(min(left, tick) * 1000):
            readers[fd].receive()
            reader = readers[fd].reader
            if reader is not None and reader.at_end:
                poller.unregister(fd)
                del readers[fd]


def _collect_stacks(workers: list[_Worker]) -> None:
    for worker in workers:
        worker.note_timeout()
    late = [worker for worker in workers if worker.timed_out]
    until = time.monotonic() + GRACE_FOR_STACKS
    while time.monotonic() < until and not all(worker.stacks_written() for worker in late):
        time.sleep(0.01)
    time.sleep(0.02 if late else 0)  # a dump is written line by line


def _unpickled(body: bytes) -> Any:
    return pickle.loads(body) if body else None


def _unpickled_error(body: bytes) -> BaseException | None:
    try:
        error = _unpickled(body)
    except Exception:
        return None
    return error if isinstance(error, BaseException) else None
