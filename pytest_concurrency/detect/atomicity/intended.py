"""Reads that are meant to see what comes of others: patterns of events that are no mistake.

- A lone state is looked at: a flag, a status, which says one thing at a time. Whoever looks again
  wants to know what has become of it.
- Two looks are compared: how far it has come meanwhile, whether it has changed; or what is there is
  compared with what had been put there.
- How far something has come is shown: what is seen lies between what was and what is to be, or is
  the ``None`` that was put there until it is known.

Asked of executions that have been recorded with their values and stacks.
"""

from __future__ import annotations

import ast
from functools import cache
from itertools import pairwise
from typing import Any

from pytest_concurrency.detect.atomicity.joint import joint_nodes
from pytest_concurrency.detect.effects import Content
from pytest_concurrency.detect.observation import Observation
from pytest_concurrency.detect.through_calls import accessed
from pytest_concurrency.instrument.analysis.names import own_nodes
from pytest_concurrency.runtime.trace.event import location, operation, site_number
from pytest_concurrency.runtime.trace.operations import ONLY_READ, WRITE
from pytest_concurrency.runtime.trace.resource import Location

_STATES = frozenset({"bool", "NoneType", "str"})
_BY_NAME = "by name"
"""What is written in capitals, as constants and members of an ``enum`` are."""
_NUMBERS = frozenset({"int", "float"})
_GROWING = frozenset({"list", "set", "deque", "dict"})


def is_intended(observation: Observation, events: tuple[int, int, int]) -> bool:
    """Whether two steps of one thread, and that of another one between them, are no mistake: all
    three are at one location, and not both of the first thread's steps are a read and a write.
    """
    log = observation.execution.log
    first, foreign, then = events
    where = location(log[first])
    if not all(location(log[each]) == where for each in events):
        return False
    reads = [operation(log[each]) in ONLY_READ for each in events]
    if reads == [True, False, True]:
        return _is_lone_state(observation, where) or _are_compared(observation, first, then)
    if reads == [False, True, False]:
        contents = observation.contents
        passed = (contents[first][0], contents[foreign][1], contents[then][1])
        is_cleared = kinds_stored(site_number(log[first])) == {"NoneType"}
        return is_cleared or _is_lone_state(observation, where) or _is_progress(*passed)
    if reads == [False, False, True]:
        return _is_lone_state(observation, where) or _is_still_asked(observation, first, then)
    return False


def _is_lone_state(observation: Observation, where: Location) -> bool:
    """Whether all that was ever there is a flag, or one of a few texts or constants, as the source
    has them.
    """
    log, contents = observation.execution.log, observation.contents
    touched = observation.touched[where]
    stored = [kinds_stored(site_number(log[n])) for n in touched if operation(log[n]) == WRITE]
    kinds = set().union(*stored)
    if "" in kinds or any(operation(log[n]) not in (*ONLY_READ, WRITE) for n in touched):
        return False
    if kinds == {_BY_NAME}:
        return True
    if "bool" in kinds:
        kinds.add("NoneType")  # not yet known
    return all(_kind(contents[n][1]) in kinds for n in touched if operation(log[n]) in ONLY_READ)


def _kind(content: Content) -> str:
    """Return the name of the type of a value; "" if it is not known."""
    return content.value[0] if type(content.value) is tuple else ""


@cache
def kinds_stored(site: int) -> frozenset[str]:
    """Return what kinds of states may be written at a site; "" for anything else."""
    found = set()
    for function, target in accessed(site):
        for node in own_nodes(function.node):
            match node:
                case ast.Assign(targets=targets, value=value) if target in targets:
                    found.add(_kind_of_state(value))
                case ast.AnnAssign(target=place, value=ast.expr() as value) if place is target:
                    found.add(_kind_of_state(value))
    return frozenset(found or ("",))


def _kind_of_state(value: ast.expr) -> str:
    match value:
        case ast.Constant(value=constant):
            kind = type(constant).__name__
            return kind if kind in _STATES else ""
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return _BY_NAME if name.isupper() else ""
    return ""


def _are_compared(observation: Observation, first: int, then: int) -> bool:
    log, stacks = observation.execution.log, observation.stacks
    return any(
        function.compares(node, other)
        for function, node, other in joint_nodes(log, stacks, first, then)
    )


def _is_still_asked(observation: Observation, first: int, then: int) -> bool:
    """Whether what is read is compared with what the thread had written: is it still that?"""
    log, stacks = observation.execution.log, observation.stacks
    return any(
        function.compares_with_stored(node, target)
        for function, target, node in joint_nodes(log, stacks, first, then)
    )


def _is_progress(before: Content, seen: Content, after: Content) -> bool:
    """Whether what was seen lies on the way from the one to the other."""
    kinds = {_kind(each) for each in (before, seen, after)}
    values: list[Any] = [each.value[1] for each in (before, seen, after) if _kind(each)]
    if len(values) < 3:
        return False
    if kinds <= _NUMBERS:
        return bool(values[0] < values[1] < values[2] or values[0] > values[1] > values[2])
    if len(kinds) > 1 or not kinds <= _GROWING:
        return False
    return all(_is_begin(one, other) for one, other in pairwise(values))


def _is_begin(one: Any, other: Any) -> bool:
    if isinstance(one, frozenset):
        return bool(one < other)
    return len(one) < len(other) and bool(other[: len(one)] == one)
