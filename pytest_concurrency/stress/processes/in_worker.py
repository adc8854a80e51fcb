"""What a worker process does: cut the ties to its parent, wait at the gate, run, report."""

from __future__ import annotations

import gc
import multiprocessing
import os
import random
import signal
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from typing import Any, NoReturn

from pytest_concurrency import real_time as time
from pytest_concurrency._compat import exit_now
from pytest_concurrency._compat_processes import forget_fork_server
from pytest_concurrency._origins import is_programs
from pytest_concurrency.real_time import sleep
from pytest_concurrency.runtime.patches import executors
from pytest_concurrency.stress.children import coverage_bridge, process_tree
from pytest_concurrency.stress.children.in_child import (
    in_one_line,
    reset_signals,
    write_stacks_to,
)
from pytest_concurrency.stress.children.messages import MessageWriter, pack, unpack
from pytest_concurrency.stress.children.packed import Packed
from pytest_concurrency.stress.item.outcomes import CopyOutcome, outcome_of
from pytest_concurrency.stress.outside.asking import Asking, IsFree
from pytest_concurrency.stress.outside.touch import Touch
from pytest_concurrency.stress.outside.watch import WATCH
from pytest_concurrency.stress.processes.inherited import cures
from pytest_concurrency.stress.processes.inherited.cures import Cure
from pytest_concurrency.stress.processes.inherited.evidence import Inherited, Stuck
from pytest_concurrency.stress.processes.inherited.watching import InParent, InWorker
from pytest_concurrency.stress.processes.turns import ARRIVED, GO, GO_ON, PAUSED
from pytest_concurrency.stress.processes.unsent import UnsentResult

NEVER_CAME = "waited for what never came"
"""The message of a worker that hangs, and stands still."""
POLL_SECONDS = 0.0005
_SPIN_SECONDS = 2e-4
_PAUSES = 0.5
"""Share of the touches of something outside memory before which an amplified worker pauses."""
_LONGEST_PAUSE_SECONDS = 4e-3


@dataclass(frozen=True, slots=True)
class Disturbance:
    """What holds up a worker."""

    pause_at: int = -1
    """Before which of its touches of something outside memory others get a turn."""
    offset: float = 0.0
    """Seconds that it starts later."""
    seed: int = 0
    amplified: bool = False
    """Whether it pauses at random."""
    asks: bool = False
    """Whether it asks before each touch of something outside memory."""
    is_next: bool = False
    """Whether others may go before it: it does not wait at the gate with its hand on it."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a fork server that was started long ago has of others."""

    environment: dict[str, str]
    output: tuple[Connection, Connection]
    begin: Callable[[], None] | None = None
    """What is done before it begins."""

    def take(self) -> None:
        """Make them those of this process."""
        for number, connection in enumerate(self.output, start=1):
            os.dup2(connection.fileno(), number)
            connection.close()
        if self.environment != {**os.environ}:
            os.environ.clear()
            os.environ.update(self.environment)


@dataclass(frozen=True, slots=True)
class Order:
    """All that a worker gets from its parent."""

    index: int
    function: Callable[[], Any] | Packed
    """What it does; packed, if it is not forked."""
    sender: Connection
    stacks: Connection
    """A file for its stacks."""
    board: Any
    disturbance: Disturbance
    parent: int
    measuring: Any
    described: dict[str, Any] | None
    mask: set[signal.Signals] | set[int]
    tracker: int | None = None
    """The resource tracker that the parent has already."""
    inheritance: InParent | None = None
    """What is known of the parent at the fork; None where nothing is watched."""
    cure: Cure = ""
    """What is done otherwise, to see whether that helps."""
    answers: int = -1
    """The descriptor where it is answered, if it asks."""
    surroundings: Surroundings | None = None
    """What it would have if a server had been started for it; None if it is forked."""


def live_as_worker(order: Order) -> None:
    """The target of a worker's ``Process``."""
    gc.freeze()  # garbage of the parent's is the parent's to finalize
    is_forked = not isinstance(order.function, Packed)
    if order.surroundings is not None:
        order.surroundings.take()
    process_tree.lead_own_group()
    _die_with(order.parent)
    reset_signals()
    executors.start_over_after_fork()
    forget_fork_server()
    write_stacks_to(order.stacks.fileno())
    coverage_bridge.record(order.measuring)
    coverage_bridge.record_spawned(order.described)
    signal.pthread_sigmask(signal.SIG_SETMASK, order.mask)
    writer = MessageWriter(order.sender.fileno())
    value: Any = None
    error: BaseException | None = None
    process_tree.adopt_orphans()
    try:
        function = order.function.unpack() if isinstance(order.function, Packed) else order.function
        if order.surroundings is not None and order.surroundings.begin is not None:
            order.surroundings.begin()
    except BaseException as problem:
        writer.send(("never", in_one_line(problem)))
        return
    WATCH.install()
    WATCH.stop()  # who has forked it may be watched
    asking = Asking(writer, order.answers) if order.disturbance.asks else None
    WATCH.before = asking or _hold_up(order)
    if asking is not None:
        asking(None)
    else:
        _wait_at(order.board, order.index, order.disturbance)
    began = time.perf_counter()

    def report(end: tuple[Any, ...], stuck: Stuck | None = None) -> None:
        trace = WATCH.stop()
        seconds = time.perf_counter() - began
        if writer.is_mine:
            noted = Inherited() if worker is None else worker.end(stuck)
            writer.send(("coverage", coverage_bridge.collect()))
            writer.send((*end, trace, seconds, noted))
            process_tree.stop_own_resource_tracker(order.tracker)
            process_tree.kill_own_children()

    def give_up(stuck: Stuck) -> NoReturn:
        WATCH.inheritance = None
        report(_never_ends(order.index, stuck), stuck)
        exit_now(0)

    worker = _watch_inherited(order, give_up)
    WATCH.start(inherits=is_forked, is_forked=is_forked)
    if _may_use_unseen(order):
        WATCH.use_what_was_sent()
    try:
        value = function()
    except BaseException as raised:
        error = raised
    WATCH.inheritance = None
    if worker is not None:
        cures.at_end(order.cure, worker.objects.values())
    report(_end(order.index, value, error))


def _may_use_unseen(order: Order) -> bool:
    """Whether only audit events tell what it does, and it has got what they do not tell of."""
    is_seen = order.surroundings is not None and order.surroundings.begin is not None
    return not is_seen and isinstance(order.function, Packed) and order.function.holds_shared


def _watch_inherited(order: Order, give_up: Callable[[Stuck], NoReturn]) -> InWorker | None:
    """Note from now on what is done with what the parent had; None where nothing is watched."""
    WATCH.inheritance = None
    if order.inheritance is None:
        return None
    worker = InWorker(
        order.inheritance,
        is_in_file=WATCH.is_in_file,
        give_up=give_up,
        on_first_use=partial(cures.at_first_use, order.cure),
    )
    WATCH.inheritance = worker.note
    return worker


def _never_ends(index: int, stuck: Stuck) -> tuple[Any, ...]:
    """Say of a worker that it hangs, although nobody has waited for it to end."""
    stack = "".join(
        traceback.format_list([f for f in traceback.extract_stack() if is_programs(f[0])])
    )
    told = CopyOutcome(index, "timeout", "timeout", NEVER_CAME, stack.rstrip(), stuck.site)
    return ("end", told, b"", b"", 0.0)


def _die_with(parent: int) -> None:
    """However the parent dies; behind a fork server, ours is not the one that forked us."""
    if os.getppid() == parent:
        process_tree.die_with_parent(parent)
    elif (process := multiprocessing.parent_process()) is not None:
        process_tree.die_with_pipe(process.sentinel)


def _wait_at(board: Any, index: int, disturbance: Disturbance) -> None:
    board[index] = ARRIVED
    while board[index] < GO:
        sleep(POLL_SECONDS if disturbance.is_next else 0)
    until = time.perf_counter() + disturbance.offset
    while (left := until - time.perf_counter()) > 0:
        sleep(max(left - _SPIN_SECONDS, 0))


def _hold_up(order: Order) -> Callable[[Touch, IsFree | None], None] | None:
    """Return what is to be done before each touch of something outside memory."""
    told, board, index, me = order.disturbance, order.board, order.index, os.getpid()
    if told.pause_at >= 0:

        def pause(touch: Touch, is_free: IsFree | None) -> None:
            is_due = len(WATCH.touches) == told.pause_at
            if is_due and os.getpid() == me and board[index] == GO:
                board[index] = PAUSED
                while board[index] != GO_ON:
                    sleep(POLL_SECONDS)

        return pause
    if told.amplified:
        draw = random.Random(told.seed).random

        def dawdle(touch: Touch, is_free: IsFree | None) -> None:
            if draw() < _PAUSES:
                sleep(_LONGEST_PAUSE_SECONDS * draw() ** 3)

        return dawdle
    return None


def _end(index: int, value: Any, error: BaseException | None) -> tuple[Any, ...]:
    outcome = outcome_of(index, error)
    body: bytes | UnsentResult
    began = time.perf_counter()
    try:
        body = pack(value)
    except Exception as problem:
        text = f"the result of process {index + 1} cannot be sent back: {in_one_line(problem)}"
        body = UnsentResult(text)
    packing = time.perf_counter() - began
    try:
        error_body = b"" if error is None else pack(error)
        unpack(error_body or pack(None))  # many exceptions can be written, not read
    except Exception:
        error_body = b""
    return ("end", outcome, body, error_body, packing)
