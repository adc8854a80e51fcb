"""Reads that are meant to see what comes of others: patterns of events that are no mistake.

- A lone state is looked at: a flag, a status, which says one thing at a time. Whoever looks again
  wants to know what has become of it.
- Two looks are compared: how far it has come meanwhile, whether it has changed; or what is there is
  compared with what had been put there.
- A text for people shows what is there. That the thread has looked before, to find out whether
  there is anything to show, or to show that, too, makes none of the two wrong. Who has written
  there himself may want to find that again, unless the text is handed straight to somebody: a name
  is made of what is his own.
- How far something has come is shown: what is seen lies between what was and what is to be, or is
  the ``None`` that was put there until it is known.

Asked of executions that have been recorded with their values and stacks.
"""

from __future__ import annotations

import ast
from itertools import pairwise
from typing import Any

from pytest_concurrency.detect.atomicity.joint import come_together
from pytest_concurrency.detect.atomicity.states import BY_NAME, kinds_stored, kinds_written
from pytest_concurrency.detect.effects import Content
from pytest_concurrency.detect.observation import Observation
from pytest_concurrency.detect.through_calls import accessed
from pytest_concurrency.instrument.analysis.handing import Function
from pytest_concurrency.runtime.trace.event import location, operation, site_number, thread_of
from pytest_concurrency.runtime.trace.operations import ONLY_READ, WRITE
from pytest_concurrency.runtime.trace.resource import Location

_NUMBERS = frozenset({"int", "float"})
_GROWING = frozenset({"list", "set", "deque", "dict"})


def is_intended(observation: Observation, events: tuple[int, int, int]) -> bool:
    """Whether two steps of one thread, and that of another one between them, are no mistake. Where
    all three are at one location, not both of the first thread's steps are a read and a write.
    """
    log = observation.execution.log
    first, foreign, then = events
    where = location(log[first])
    if location(log[then]) != where == location(log[foreign]):
        return _was_told(observation, where, foreign, then)
    if not all(location(log[each]) == where for each in events):
        return False
    reads = [operation(log[each]) in ONLY_READ for each in events]
    if reads == [True, False, True]:
        return (
            _is_lone_state(observation, where)
            or _are_compared(observation, first, then)
            or _is_shown(observation, first, then)
        )
    if reads == [False, True, False]:
        contents = observation.contents
        passed = (contents[first][0], contents[foreign][1], contents[then][1])
        is_cleared = kinds_stored(site_number(log[first])) == {"NoneType"}
        is_state = _is_lone_state(observation, where, of_callers=True)
        return is_cleared or is_state or _is_progress(*passed)
    if reads == [False, False, True]:
        return _is_lone_state(observation, where) or _is_still_asked(observation, first, then)
    return False


def _is_lone_state(observation: Observation, where: Location, *, of_callers: bool = False) -> bool:
    """Whether all that was ever there is a flag, or one of a few texts or constants, as the source
    has them; ``of_callers``: or the calls by which they were given. What a thread has been given it
    may want to find there again, but whoever only looks sees what it says.
    """
    log, contents = observation.execution.log, observation.contents
    touched = observation.touched[where]
    kinds: set[str] = set()
    for index in touched:
        if operation(log[index]) == WRITE:
            site = site_number(log[index])
            stack = observation.stacks[index] if of_callers else ()
            kinds |= kinds_written(site, stack) if stack else kinds_stored(site)
    if "" in kinds or any(operation(log[n]) not in (*ONLY_READ, WRITE) for n in touched):
        return False
    if kinds == {BY_NAME}:
        return True
    if "bool" in kinds:
        kinds.add("NoneType")  # not yet known
    return all(_kind(contents[n][1]) in kinds for n in touched if operation(log[n]) in ONLY_READ)


def _kind(content: Content) -> str:
    """Return the name of the type of a value; "" if it is not known."""
    return content.value[0] if type(content.value) is tuple else ""


def _are_compared(observation: Observation, first: int, then: int) -> bool:
    log, stacks = observation.execution.log, observation.stacks
    return come_together(log, stacks, first, then, Function.compares)


def _is_shown(observation: Observation, first: int, then: int) -> bool:
    """Whether the last look is for a text."""
    log, stacks = observation.execution.log, observation.stacks
    thread, where = thread_of(log[first]), location(log[first])
    has_written = any(
        thread_of(log[n]) == thread and operation(log[n]) == WRITE
        for n in observation.touched[where]
        if first < n < then
    )

    def is_shown(function: Function, _: ast.AST, node: ast.AST) -> bool:
        return function.tells(node) if has_written else function.shows(node)

    return come_together(log, stacks, first, then, is_shown)


def _was_told(observation: Observation, where: Location, foreign: int, then: int) -> bool:
    """Whether all that was seen there, by the other thread or by the one that did something else
    then, was seen to tell somebody.
    """
    log = observation.execution.log
    looks = [
        n
        for n in observation.touched[where]
        if foreign < n < then and thread_of(log[n]) == thread_of(log[then])
    ]
    if operation(log[foreign]) in ONLY_READ:
        looks = [foreign]
    return bool(looks) and all(
        any(function.tells(node) for function, node in accessed(site_number(log[n]))) for n in looks
    )


def _is_still_asked(observation: Observation, first: int, then: int) -> bool:
    """Whether what is read is compared with what the thread had written: is it still that?"""
    log, stacks = observation.execution.log, observation.stacks

    def are_compared(function: Function, target: ast.AST, node: ast.AST) -> bool:
        return function.compares_with_stored(node, target)

    return come_together(log, stacks, first, then, are_compared)


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
