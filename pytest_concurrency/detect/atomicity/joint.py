"""Where two accesses of one thread come together: in the activation that has made them, or has
called for them.

Asked of executions that have been recorded with their stacks.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from itertools import product

from pytest_concurrency.detect.through_calls import (
    accessed,
    asked,
    between,
    evaluated_in,
    sources_of,
    without_wrappers,
)
from pytest_concurrency.instrument.analysis.handing import Function
from pytest_concurrency.instrument.analysis.values import Reads
from pytest_concurrency.runtime.system.frames import Stack
from pytest_concurrency.runtime.trace.event import Log, site_number, thread_of


def come_together(
    log: Log,
    stacks: Sequence[Stack],
    first: int,
    second: int,
    how: Callable[[Function, ast.AST, ast.AST], bool],
) -> bool:
    """Whether two events of a thread come together in this way: ``how`` is asked of the function of
    the activation that they share, and of what it evaluated where the one and the other took place.
    Not if the activation had ended in between, or had come to the first once more.
    """
    shared = between(stacks[first], stacks[second])
    if shared is None:
        return False
    nodes = _nodes(stacks[first], shared, site_number(log[first]))
    others = _nodes(stacks[second], shared, site_number(log[second]))
    return any(
        function is other and node is not second_node and how(function, node, second_node)
        for (function, node), (other, second_node) in product(nodes, others)
    ) and not _came_again(log, stacks, (first, second), shared)


def _came_again(log: Log, stacks: Sequence[Stack], events: tuple[int, int], shared: int) -> bool:
    first, second = events
    before, has_left = stacks[first][-shared], False
    for index in range(first, second):
        if thread_of(log[index]) != thread_of(log[first]):
            continue
        if len(stacks[index]) < shared or stacks[index][-shared][:3] != before[:3]:
            return True
        is_there = stacks[index][-shared].instruction == before.instruction
        if is_there and has_left:
            return True
        has_left = has_left or not is_there
    return False


def _nodes(stack: Stack, shared: int, site: int) -> list[tuple[Function, ast.AST]]:
    """Return what the shared activation evaluated where an access was made."""
    if len(stack) == shared:
        return [*accessed(site)] or [*asked(site)]
    return evaluated_in(stack[-shared])


def returned(stacks: Sequence[Stack], log: Log, first: int, second: int) -> tuple[Reads, Reads]:
    """Return what gave, in the activation that two reads share, the very values that they read."""
    shared = between(stacks[first], stacks[second]) or 0
    one, other = (
        sources_of(
            site_number(log[i]),
            without_wrappers(stacks[i][: len(stacks[i]) - shared + 1]),
            is_asked=True,
        )
        for i in (first, second)
    )
    return one, other
