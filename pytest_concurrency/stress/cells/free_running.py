"""The free-running cell: real threads at real speed, as they would run without us.

The scheduler of explored cells sees much, but not what happens inside C code; here nothing is
controlled, only made more likely: threads are released together, and the interpreter switches at
random intervals.
"""

from __future__ import annotations

import contextlib
import gc
import math
import os
import random
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_concurrency import real_time as time
from pytest_concurrency.model import Cell, CellResult
from pytest_concurrency.real_time import sleep
from pytest_concurrency.runtime.system.disguise import disguised, replace
from pytest_concurrency.runtime.system.frames import current_frames
from pytest_concurrency.runtime.system.hooks import own_thread
from pytest_concurrency.stress.cells.apart import DiedApart
from pytest_concurrency.stress.cells.runs import Runs
from pytest_concurrency.stress.children.stillness import Overdue
from pytest_concurrency.stress.item.outcomes import RunOutcome

SHORTEST_INTERVAL_SECONDS = 1e-6
LONGEST_INTERVAL_SECONDS = 5e-3
_LONGEST_JITTER_SECONDS = 5e-5
_BETWEEN_LOOKS_SECONDS = 0.02
_LONGEST_COLLECTION_SECONDS = 5.0
"""Seconds that a collection of garbage waits for another one, which may wait for its thread."""


@dataclass(slots=True)
class ThreadEnd:
    """How one of several threads released together ended."""

    index: int
    value: Any = None
    error: BaseException | None = None
    finished: bool = False
    stack: str = ""
    """Where it stood when time was up."""


@contextlib.contextmanager
def perturbed_switch_interval(rng: random.Random) -> Iterator[float]:
    """Draw the interpreter's switch interval from 1 µs to 5 ms (log-uniform); always put it
    back.
    """
    before = sys.getswitchinterval()
    interval = math.exp(
        rng.uniform(math.log(SHORTEST_INTERVAL_SECONDS), math.log(LONGEST_INTERVAL_SECONDS))
    )
    sys.setswitchinterval(interval)
    try:
        yield interval
    finally:
        sys.setswitchinterval(before)


def release_together(
    callables: Sequence[Callable[[], Any]], rng: random.Random, *, seconds: float = math.inf
) -> list[ThreadEnd]:
    """Run each callable in a thread of its own, let go at the same moment up to a random jitter.

    What a callable raises (``BaseException`` included) is kept, not raised. Threads that are not
    done after ``seconds`` are left behind (as daemons) and reported with their stacks.
    """
    ends = [ThreadEnd(index) for index in range(len(callables))]
    gate = _Gate()
    threads = [
        own_thread(
            _run_one,
            f"copy-{end.index}",
            (function, end, gate, rng.uniform(0, _LONGEST_JITTER_SECONDS)),
        )
        for function, end in zip(callables, ends, strict=True)
    ]
    started: list[threading.Thread] = []
    deadline = time.monotonic() + seconds
    try:
        for thread in threads:
            thread.start()
            started.append(thread)
        while gate.waiting < len(threads) and time.monotonic() < deadline:
            sleep(0)
        gate.open = True
    finally:
        # Not all could start (no memory, Ctrl-C): those that did must not spin for ever.
        gate.abandoned = not gate.open
        gate.open = True
    overdue = Overdue(os.getpid(), seconds, but=threading.get_native_id())
    for thread in started:
        thread.join(max(0.0, min(deadline - time.monotonic(), threading.TIMEOUT_MAX)))
    while any(thread.is_alive() for thread in started) and not overdue.hangs():
        sleep(_BETWEEN_LOOKS_SECONDS)
    frames = current_frames()
    for thread, end in zip(threads, ends, strict=True):
        if not end.finished and thread.ident in frames:
            end.stack = "".join(traceback.format_stack(frames[thread.ident])).rstrip()
    return ends


class _Gate:
    """Opened by writing a flag that everybody is already looking at; waking sleepers takes far
    longer.
    """

    def __init__(self) -> None:
        self.open = False
        self.abandoned = False
        self._arrived: list[None] = []  # list.append is atomic

    @property
    def waiting(self) -> int:
        return len(self._arrived)

    def wait(self, jitter: float) -> None:
        self._arrived.append(None)
        while not self.open:
            sleep(0)  # lets go of the GIL: others must come, too
        until = time.perf_counter() + jitter
        while time.perf_counter() < until:
            pass


def _run_one(function: Callable[[], Any], end: ThreadEnd, gate: _Gate, jitter: float) -> None:
    gate.wait(jitter)
    if gate.abandoned:
        return
    try:
        end.value = function()
    except BaseException as error:
        end.error = error
    end.finished = True


@contextlib.contextmanager
def _collecting_in_turn() -> Iterator[None]:
    """Let ``gc.collect()`` wait for that of another thread, as that of another process is none of
    its business: it would return at once and have collected nothing."""
    turn, collect = threading.RLock(), gc.collect

    def collect_in_turn(*args: Any, **kwargs: Any) -> int:
        is_mine = turn.acquire(timeout=_LONGEST_COLLECTION_SECONDS)
        try:
            return collect(*args, **kwargs)
        finally:
            if is_mine:
                turn.release()

    undo = [*replace(gc, "collect", disguised(collect, collect_in_turn))]
    try:
        yield
    finally:
        for put_back in undo:
            put_back()


def run_free_running(
    run_once: Callable[[int, bool], RunOutcome | None],
    cell: Cell,
    count: int,
    *,
    rng: random.Random,
    deadline: float,
    on_progress: Callable[[str], None] | None = None,
) -> CellResult:
    """Run a test ``count`` times, until ``deadline`` (of ``time.monotonic``), and count.

    ``run_once(index, amplified)`` runs the test afresh with the cell's threads; every other run is
    *amplified*: with instrumented code, where the interpreter may switch at every shared access.
    It returns None if the run was given up because the time of the cell was up, and raises
    DiedApart if it has a process of its own, which did not come back.
    """
    runs = Runs(cell, count, f"with {cell.threads} threads at full speed", deadline)
    for index in range(count):
        if runs.must_stop():
            break
        amplified = index % 2 == 1
        gc.collect()  # generators of pytest's, and ours: to close them is no part of the run
        with perturbed_switch_interval(rng), _collecting_in_turn():
            try:
                outcome = run_once(index, amplified)
            except DiedApart as death:
                if not death.is_unseen:
                    runs.add_explained([death.hazard(index + 1, cell.threads)])
                break
        if outcome is None:
            break
        runs.add(outcome, amplified)
        if on_progress is not None:
            on_progress(runs.progress())
    return runs.result()
