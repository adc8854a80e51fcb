"""What the orders of conflicting operations of a program are, by definition and by brute force.

Nothing in here is shared with the strategy ``dpor``, which is compared with it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import partial
from typing import Any

from pytest_concurrency.detect.observation import Execution
from pytest_concurrency.runtime.patches.threads import THREAD_END
from pytest_concurrency.runtime.trace.event import (
    Event,
    location,
    operation,
    resource_of,
    rows,
    site_number,
    thread_of,
)
from pytest_concurrency.runtime.trace.operations import (
    ACQUIRED,
    GOT,
    OPERATIONS,
    PUT,
    REFUSED,
    RELEASED,
    START,
    STEP,
)
from pytest_concurrency.runtime.trace.resource import Location, overlap
from pytest_concurrency.runtime.trace.sites import SITES
from pytest_concurrency.runtime.trace.synchronisation import is_inner
from pytest_concurrency.search.execution.engine import execute, run_copies
from pytest_concurrency.search.execution.learning import Learning
from pytest_concurrency.search.execution.strategy import SearchStrategy

_CHANGES = {ACQUIRED, RELEASED, PUT, GOT}
_LOOKS = {REFUSED}


def _effects(trace: Sequence[Event]) -> Iterator[tuple[int, Location, str, bool]]:
    """Yield thread, location and operation of what has an effect that others may see, and whether
    it changes its location.

    A lock is taken when it is, not when somebody comes to it; who waits for it has done nothing. A
    loop looks at its container some time after the point of its step. What the standard library
    does with locks and queues of its own is no operation of the program: where it has to take
    several it may do so in the order of their addresses.
    """
    for event in trace:
        if is_inner(event):
            continue
        effect = OPERATIONS[operation(event)]
        if operation(event) in _CHANGES | _LOOKS:
            yield thread_of(event), location(event), effect.name, effect.name in _CHANGES
        elif (effect.reads or effect.writes) and operation(event) != STEP:
            yield thread_of(event), location(event), effect.name, effect.writes
            if SITES[site_number(event)].name == "is_alive":
                yield thread_of(event), ("end", resource_of(event)), effect.name, False
        elif site_number(event) == THREAD_END:
            yield thread_of(event), ("end", resource_of(event)), effect.name, True


def _names(trace: Sequence[Event]) -> dict[int, tuple[int, ...]]:
    """Name each thread by the one that has started it, whichever numbers they have."""
    names: dict[int, tuple[int, ...]] = {0: (), -1: (-1,)}
    children: dict[int, int] = {}
    for by, _, _, part, op in rows(trace):
        if op == START:
            children[by] = children.get(by, 0) + 1
            names[part] = (*names[by], children[by])
    return names


def interleaving(execution: Execution) -> str:
    """Return what two executions have in common if and only if they have the same operations, and
    those that conflict are in the same order: each operation is named by its thread and how many
    that has made before, and has come after certain others.
    """
    names = _names(execution.trace)
    made: dict[int, int] = {}
    before: dict[Hashable, list[tuple[Any, Location, bool]]] = {}
    told = []
    for thread, where, op, changes in _effects(execution.trace):
        made[thread] = made.get(thread, 0) + 1
        me = (names[thread], made[thread])
        at = before.setdefault(where[0], [])
        earlier = [
            name for name, other, changed in at if overlap(where, other) and (changes or changed)
        ]
        told.append((me, op, sorted(earlier)))
        at.append((me, where, changes))
    text = repr((execution.outcome, sorted(told)))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def body_of(program: Any) -> Callable[[], None]:
    """Return what one execution of a program of the corpus does."""

    def body() -> None:
        state = program.setup()
        run_copies([partial(worker, state) for worker in program.WORKERS])

    return body


def executions(
    strategy: SearchStrategy, learning: Learning, body: Callable[[], None], most: int, limit: int
) -> Iterator[Execution]:
    """Yield what the strategy executes until it has finished, at most so often."""
    seen = set()
    for _ in range(most):
        if strategy.finished:
            return
        strategy.prepare()
        execution = execute(strategy, body, limit)
        signature = hash(tuple(execution.log))
        if signature not in seen:
            seen.add(signature)
            learning.note(execution.log, execution.noted)
        strategy.learn(execution)
        yield execution
