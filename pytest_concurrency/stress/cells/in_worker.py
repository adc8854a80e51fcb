"""What a worker process does: cut the ties to its parent, wait at the gate, run, report."""

from __future__ import annotations

import gc
import multiprocessing
import os
import pickle
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from time import sleep
from typing import Any

from pytest_concurrency.runtime import executors
from pytest_concurrency.stress import coverage_bridge, process_tree
from pytest_concurrency.stress.in_child import (
    forget_fork_server,
    in_one_line,
    reset_signals,
    write_stacks_to,
)
from pytest_concurrency.stress.outcomes import CopyOutcome, outcome_of
from pytest_concurrency.stress.pipes import MessageWriter


@dataclass(frozen=True, slots=True)
class Order:
    """All that a worker gets from its parent."""

    index: int
    function: Callable[[], Any]
    sender: Connection
    stacks: str
    gate: Any
    jitter: float
    parent: int
    measuring: Any
    described: dict[str, Any] | None
    mask: set[signal.Signals] | set[int]


def live_as_worker(order: Order) -> None:
    """The target of a worker's ``Process``."""
    gc.freeze()  # garbage of the parent's is the parent's to finalize
    process_tree.lead_own_group()
    _die_with(order.parent)
    reset_signals()
    executors.start_over_after_fork()
    forget_fork_server()
    stacks = os.open(order.stacks, os.O_WRONLY | os.O_APPEND)
    write_stacks_to(stacks)
    coverage_bridge.record(order.measuring)
    coverage_bridge.record_spawned(order.described)
    signal.pthread_sigmask(signal.SIG_SETMASK, order.mask)
    writer = MessageWriter(order.sender.fileno())
    value: Any = None
    error: BaseException | None = None
    if order.gate is not None:
        _wait_at(order.gate, order.index, order.jitter)
    try:
        value = order.function()
    except BaseException as raised:
        error = raised
    if writer.is_mine:
        writer.send(("coverage", coverage_bridge.collect()))
        writer.send(_end(order.index, value, error))
        process_tree.kill_own_children()


def _die_with(parent: int) -> None:
    """However the parent dies; behind a fork server, ours is not the one that forked us."""
    if os.getppid() == parent:
        process_tree.die_with_parent(parent)
    elif (process := multiprocessing.parent_process()) is not None:
        process_tree.die_with_pipe(process.sentinel)


def _wait_at(gate: Any, index: int, jitter: float) -> None:
    gate[1 + index] = 1
    while not gate[0]:
        sleep(0)
    until = time.perf_counter() + jitter
    while time.perf_counter() < until:
        pass


def _end(index: int, value: Any, error: BaseException | None) -> tuple[Any, ...]:
    outcome = outcome_of(index, error)
    try:
        body = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    except Exception as problem:
        body = b""
        text = f"its result cannot be sent back: {in_one_line(problem)}"
        outcome = CopyOutcome(index, "failed", type(problem).__name__, text, text)
    try:
        error_body = b"" if error is None else pickle.dumps(error)
        pickle.loads(error_body or pickle.dumps(None))  # many exceptions can be written, not read
    except Exception:
        error_body = b""
    return ("end", outcome, body, error_body)
