"""Running callables in processes of their own: in turn, or all at once."""

from __future__ import annotations

import contextlib
import math
import mmap
import multiprocessing
import random
import select
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_concurrency import real_time as time
from pytest_concurrency.model import StartMethod
from pytest_concurrency.stress.children import process_tree
from pytest_concurrency.stress.children.child import (
    SECONDS_FOR_STACKS,
)
from pytest_concurrency.stress.children.stillness import Overdue
from pytest_concurrency.stress.processes.fork_server import ForkServer
from pytest_concurrency.stress.processes.in_worker import (
    NEVER_CAME,
    POLL_SECONDS,
    Disturbance,
)
from pytest_concurrency.stress.processes.inherited.cures import Cure
from pytest_concurrency.stress.processes.inherited.watching import InParent
from pytest_concurrency.stress.processes.turns import (
    GO,
    AtOnce,
    Conducted,
    InTurn,
    Overlap,
    Turns,
    Way,
)
from pytest_concurrency.stress.processes.worker import Worker, WorkerResult

_LONGEST_JITTER_SECONDS = 2e-4
_TICK_SECONDS = 0.02
_TICK_OF_TURNS_SECONDS = 0.004


@dataclass(frozen=True, slots=True)
class WorkersRun:
    """What a run of several workers gave."""

    results: tuple[WorkerResult, ...]
    overlap: Overlap = ""


def run_workers(
    callables: Sequence[Callable[[], Any]],
    way: Way,
    *,
    start_method: StartMethod = "fork",
    deadline: float = math.inf,
    inheritance: InParent | None = None,
    cure: Cure = "",
    fork_server: ForkServer | None = None,
) -> WorkersRun:
    """Run each callable in a process of its own, in turn or at once. What it does with what it
    inherits is noted where ``inheritance`` is given, and changed as ``cure`` says. ``fork_server``:
    which one forks them, if one does; without it that of ``multiprocessing``.
    """
    board = _new_board(len(callables), start_method)
    rng = random.Random(way.seed if isinstance(way, AtOnce) else 0)
    with _attended(
        [
            Worker(
                index,
                function,
                start_method,
                board,
                disturbance(way, index, rng),
                inheritance if start_method == "fork" else None,
                cure,
                fork_server if start_method == "forkserver" else None,
            )
            for index, function in enumerate(callables)
        ]
    ) as workers:
        if inheritance is not None:
            inheritance.has_forked()
        if isinstance(way, Conducted):
            way.by.attend(workers, deadline)
            overlap: Overlap = ""
        else:
            overlap = _meet(workers, board, way, deadline)
    # Only now: who has ended may have said its last words unheard.
    return WorkersRun(tuple(worker.result() for worker in workers), overlap)


def _meet(workers: list[Worker], board: Any, way: InTurn | AtOnce, deadline: float) -> Overlap:
    """Let them go when all have come, and attend to them."""
    while not all(board[worker.index] or worker.is_over() for worker in workers):
        if time.monotonic() >= deadline:
            break
        time.sleep(POLL_SECONDS)
    turns = Turns(workers, board, way) if isinstance(way, InTurn) else None
    if turns is None:
        for worker in workers:
            board[worker.index] = GO
    _attend(workers, deadline, turns)
    return turns.overlap if turns is not None else ""


def disturbance(way: Way, index: int, rng: random.Random) -> Disturbance:
    """Return what is to hold up one of the workers."""
    if isinstance(way, Conducted):
        return Disturbance(asks=True)
    if isinstance(way, InTurn):
        is_paused = way.pause is not None and way.pause[0] == index
        return Disturbance(pause_at=way.pause[1] if way.pause and is_paused else -1, is_next=True)
    offset = rng.uniform(0, max(way.longest_offset, _LONGEST_JITTER_SECONDS))
    return Disturbance(offset=offset, seed=rng.getrandbits(64), amplified=way.amplified)


def _new_board(count: int, start_method: StartMethod) -> Any:
    """A shared byte for each worker, by which it says, and is told, how far it is."""
    if start_method == "fork":
        return mmap.mmap(-1, max(count, 1))
    return multiprocessing.get_context(start_method).RawArray("B", count)


@contextlib.contextmanager
def _attended(workers: list[Worker]) -> Iterator[list[Worker]]:
    """Started at the beginning, gone at the end, whatever happens between."""
    process_tree.prepare_death_signal()
    process_tree.share_resource_tracker()
    try:
        for worker in workers:
            worker.start()
        yield workers
    finally:
        for worker in workers:
            worker.end()


def _attend(workers: list[Worker], deadline: float, turns: Turns | None) -> None:
    """Listen to the workers, and let them take turns, until they are over or time is up."""
    poller = select.poll()
    readers = {worker.reader.fd: worker for worker in workers if worker.reader is not None}
    for fd in readers:
        poller.register(fd, select.POLLIN)
    seconds = deadline - time.monotonic()
    watched = [(worker, Overdue(worker.pid, seconds)) for worker in workers if worker.pid]
    hang: list[bool] = []
    looks_at = time.monotonic() + _TICK_SECONDS
    while not all(worker.is_over() for worker in workers):
        left = deadline - time.monotonic()
        if left <= 0 or time.monotonic() >= looks_at:
            looks_at = time.monotonic() + _TICK_SECONDS
            at_work = [overdue for worker, overdue in watched if not worker.is_over()]
            hang = [o.hangs() if left <= 0 else o.waits_for_good() for o in at_work]
        if left <= 0 and all(hang):
            if turns is not None:
                turns.let_go()  # who is stopped does not answer
            _collect_stacks(workers, "did not end in time")
            return
        if turns is not None:
            turns.step()
        elif hang and all(hang):
            _collect_stacks(workers, NEVER_CAME)
            return
        tick = _TICK_SECONDS if turns is None else _TICK_OF_TURNS_SECONDS
        left = left if left > 0 else tick
        if not readers:
            tick = 0.0005  # the last thing before it can be reaped
        for fd, _ in poller.poll(min(left, tick) * 1000):
            readers[fd].receive()
            reader = readers[fd].reader
            if reader is not None and reader.at_end:
                poller.unregister(fd)
                del readers[fd]


def _collect_stacks(workers: list[Worker], why: str) -> None:
    for worker in workers:
        worker.note_timeout(why)
    late = [worker for worker in workers if worker.timed_out]
    until = time.monotonic() + SECONDS_FOR_STACKS
    while time.monotonic() < until and not all(worker.stacks_written() for worker in late):
        time.sleep(0.01)
    time.sleep(0.02 if late else 0)  # a dump is written line by line
