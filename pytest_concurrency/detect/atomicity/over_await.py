"""What a task of an event loop counts on from what it has read before an ``await``, although
another task of the same loop has written there meanwhile.

The tasks take turns in one thread, so no schedule of threads is needed to show it. Nor is any
there to compare with: of tasks it is not known what they come to one after another. So only sums
and the like are told of (``n = self.n; await pause(); self.n = n + 1``), which no order of the
tasks would have made of what was overwritten; a value that is made or tidied up twice may be the
same.
"""

from __future__ import annotations

import ast
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from pathlib import Path

from pytest_concurrency.detect.atomicity.pattern import FoundPattern
from pytest_concurrency.detect.atomicity.states import stored_in
from pytest_concurrency.detect.cause.strands import overtaken_over_awaits
from pytest_concurrency.detect.detector import Again, Asked, Finding
from pytest_concurrency.detect.effects import was_stale
from pytest_concurrency.detect.lost_update import LostUpdate
from pytest_concurrency.detect.observation import Observation
from pytest_concurrency.detect.telling import where
from pytest_concurrency.detect.through_calls import accessed, between
from pytest_concurrency.instrument.analysis.handing import Function
from pytest_concurrency.instrument.analysis.names import own_nodes
from pytest_concurrency.kinds import LOST_UPDATE
from pytest_concurrency.model import Hazard
from pytest_concurrency.runtime.system.frames import Stack
from pytest_concurrency.runtime.trace.event import Log, done_by, site_number
from pytest_concurrency.runtime.trace.operations import WRITE
from pytest_concurrency.runtime.trace.sites import SITES

_KEY = "over an await"
_LOOP = str(Path("asyncio", "events.py"))
_COUNTING = (ast.Add, ast.Sub, ast.Mult)


@dataclass(frozen=True, slots=True, eq=False)
class FoundOverAwait(FoundPattern):
    """A write of what a task has counted on from what it had read before it awaited."""

    @property
    def key(self) -> Hashable:
        """By what was read and what was written."""
        return _key(self.observation, self.found)

    def tell(self, again: Again | None) -> Hazard:
        """Say what was read, who changed it before the task went on, and what became of that."""
        first, foreign, last = self.found
        read, foreign_write, write = self.uses
        name = self.named(first)
        message = (
            f"a task read {name or 'it'}{self.value(first)} at {where(read)}; then another task of "
            f"its event loop wrote it{self.value(foreign)} at {where(foreign_write)}; the first "
            f"one wrote it{self.value(last)} at {where(write)}, made from what it had read before"
        )
        return self.told(message, name, (first, last), (foreign,))


def over_awaits(observation: Observation, asked: Asked) -> Iterator[Finding]:
    """Yield what tasks of an event loop have overwritten so; what they may have, if it is due to
    look: only in an execution that is recorded is it known which task has done what.
    """
    if observation.failure is not None or observation.own_lines:
        return
    if not any(op == WRITE and _counts_in_coroutine(site) for site, op in observation.done):
        return
    if not observation.contents:
        if asked.is_due(_KEY):
            yield FoundOverAwait(LOST_UPDATE, observation, (0, 0, 0))
        return
    execution, strands = observation.execution, observation.strands
    told = [done_by(strand, event) for strand, event in zip(strands, execution.log, strict=True)]
    stacks = [_of_task(stack) for stack in observation.stacks]
    for found in overtaken_over_awaits(execution.log, strands):
        if strands[found[1]] < 0 or _key(observation, found) in asked.known:
            continue
        if not _flows(told, stacks, found):
            continue
        if was_stale(told, observation.contents, LostUpdate(*found, flows=True), failed=False):
            yield FoundOverAwait(LOST_UPDATE, observation, found)


def _key(observation: Observation, found: tuple[int, ...]) -> Hashable:
    log = observation.execution.log
    return (_KEY, site_number(log[found[0]]), site_number(log[found[-1]]))


def _of_task(stack: Stack) -> Stack:
    """Leave out the loop, which has called the task anew after each ``await``."""
    return tuple(takewhile(lambda frame: not frame.path.endswith(_LOOP), stack))


def _flows(log: Log, stacks: Sequence[Stack], found: tuple[int, int, int]) -> bool:
    """Whether what was read is in what was counted and written by the same activation."""
    read, write = stacks[found[0]], stacks[found[-1]]
    is_same = between(read, write) == len(read) == len(write)
    read_at, written_at = site_number(log[found[0]]), site_number(log[found[-1]])
    return is_same and read_at in SITES[written_at].flows and _counts_in_coroutine(written_at)


@cache
def _counts_in_coroutine(site: int) -> bool:
    """Whether a coroutine writes a sum, a difference or a product there."""
    return bool(SITES[site].flows) and any(
        isinstance(function.node, ast.AsyncFunctionDef) and _counts(function, target)
        for function, target in accessed(site)
    )


def _counts(function: Function, target: ast.AST) -> bool:
    written = [*stored_in(function, target)]
    if written:
        return all(isinstance(v, ast.BinOp) and isinstance(v.op, _COUNTING) for v in written)
    return any(
        isinstance(node, ast.AugAssign) and node.target is target and isinstance(node.op, _COUNTING)
        for node in own_nodes(function.node)
    )
