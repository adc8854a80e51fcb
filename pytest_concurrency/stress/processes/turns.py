"""In which way the workers of a run take turns.

*In turn* is a schedule, not a queue: one process runs at a time, and the next one when it has ended
or waits for another one. Who waits is stopped (``SIGSTOP``) until its turn comes again, so that
there is no preemption, except where one is asked for: before one of its touches of something
outside memory a worker may be told to let the others run.

*At once* lets all of them go together, and disturbs them by chance.
"""

from __future__ import annotations

import contextlib
import math
import os
import signal
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from pytest_concurrency import real_time as time
from pytest_concurrency.stress.children.messages import MessageReader
from pytest_concurrency.stress.children.stillness import Stillness
from pytest_concurrency.stress.outside.asking import Question
from pytest_concurrency.stress.outside.touch import Touch

NOT_ARRIVED, ARRIVED, GO, PAUSED, GO_ON = range(5)
"""What the byte of a worker on the board says: set by it, by us, by it, by us."""
_HARDLY_ANY_NS = 100_000
"""CPU time that being stopped and continued takes: who used no more is where it was."""


@dataclass(frozen=True, slots=True)
class InTurn:
    """One after another, as far as they do not wait for each other."""

    pause: tuple[int, int] | None = None
    """A worker, and before which of its touches (from 0) the others get their turns."""
    patience: float = math.inf
    """Seconds after which the next one may start although the one before is not over."""


@dataclass(frozen=True, slots=True)
class AtOnce:
    """All together."""

    seed: int = 0
    longest_offset: float = 0.0
    """Seconds by which they may start apart."""
    amplified: bool = False
    """Whether each one pauses at random before what it does outside memory."""


class Conducts(Protocol):
    """Decides, whenever a worker is about to touch something outside memory, who goes on."""

    def attend(self, workers: Sequence[Asks], deadline: float) -> None:
        """Let these workers run until all of them are over; ``deadline`` is one of
        ``time.monotonic``."""

    def main_touched(self, touches: Sequence[Touch]) -> None:
        """Take note of what the test itself has done, while no worker was there."""


@dataclass(frozen=True, slots=True)
class Conducted:
    """One at a time, as somebody says at each of their touches."""

    by: Conducts


Way = InTurn | AtOnce | Conducted
Overlap = Literal["", "waited", "slept"]
"""Whether workers in turn have waited for each other, or the next one has started although the one
before would have gone on by itself."""


class Turned(Protocol):
    """A worker as it is seen here."""

    index: int

    @property
    def pid(self) -> int | None:
        """Its process, if it could be started."""

    def is_over(self) -> bool:
        """Whether it has ended."""


class Asks(Turned, Protocol):
    """A worker that asks before each touch of something outside memory."""

    reader: MessageReader | None
    """Where it asks; None: it could not be started."""

    @property
    def descriptors(self) -> tuple[int, ...]:
        """Where something can be read when it has something to say, or has ended."""

    asked: list[Question]
    """What it has asked for, and was not answered yet."""
    said: list[bool]
    """Whether the lock was free that it stands before, as often as it was asked."""

    def receive(self) -> None:
        """Take what has arrived."""

    def answer(self, word: bytes) -> None:
        """Let it go on, or ask it in turn."""

    def note_timeout(self, why: str) -> None:
        """It hangs: ask for its stacks."""


class Turns:
    """Says who runs. ``step`` is to be called again and again."""

    def __init__(self, workers: Sequence[Turned], board: Any, way: InTurn) -> None:
        self.overlap: Overlap = ""
        self._board = board
        self._way = way
        first = -1 if way.pause is None else way.pause[0]
        self._queue = deque(sorted(workers, key=lambda worker: worker.index != first))
        self._current: Turned | None = None
        self._since = 0.0
        self._used = 0
        self._still = {w.index: Stillness(w.pid) for w in workers if w.pid is not None}
        self._stopped: set[int] = set()
        self._stuck: set[int] = set()
        """Who waited, and has not found what it waits for since others ran."""
        self._where: dict[int, tuple[str, ...]] = {}
        """What each one waited for when it was stopped."""
        self._is_free = False

    def step(self) -> None:
        """Look whether somebody else's turn has come."""
        current = self._current
        if self._is_free or (current is not None and not self._ends_turn(current)):
            return
        waiting = [worker for worker in self._queue if not worker.is_over()]
        for worker in waiting:
            if worker.index not in self._stuck and self._board[worker.index] != PAUSED:
                self._give(worker)
                return
        for worker in waiting:
            if self._board[worker.index] == PAUSED:
                self._give(worker)
                return
        self.let_go()

    def _ends_turn(self, worker: Turned) -> bool:
        if worker.is_over():
            self._stuck.clear()
            return True
        if self._board[worker.index] == PAUSED:
            self._stuck.clear()
            return True
        still = self._still[worker.index]
        state = still.look()
        if state == "waiting":
            where = still.where()
            if where != self._where.get(worker.index) or self._has_worked(still):
                self._stuck.clear()
            self._where[worker.index] = where
            self._stuck.add(worker.index)
            self.overlap = self.overlap or "waited"
            self._signal(worker, signal.SIGSTOP)
            self._stopped.add(worker.index)
            return True
        if time.monotonic() - self._since > self._way.patience:
            self.overlap = "slept"
            self._stuck.add(worker.index)
            return True
        return False

    def _has_worked(self, still: Stillness) -> bool:
        return still.cpu_time() - self._used > _HARDLY_ANY_NS

    def _give(self, worker: Turned) -> None:
        self._queue.remove(worker)
        self._queue.append(worker)
        self._current = worker
        self._since = time.monotonic()
        self._board[worker.index] = GO_ON if self._board[worker.index] == PAUSED else GO
        still = self._still.get(worker.index)
        if still is not None:
            still.look()
            still.forget()
            self._used = still.cpu_time()
        if worker.index in self._stopped:
            self._stopped.discard(worker.index)
            self._signal(worker, signal.SIGCONT)

    def let_go(self) -> None:
        """Nobody can go on alone: let all run, and what they wait for come or not."""
        self._is_free = True
        for worker in self._queue:
            self._board[worker.index] = GO_ON
            if worker.index in self._stopped:
                self._signal(worker, signal.SIGCONT)

    def _signal(self, worker: Turned, number: signal.Signals) -> None:
        if worker.pid is not None and not worker.is_over():
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker.pid, number)
