"""Whether what one function read is in what another one wrote: by the very calls that were made.

Asked of executions that have been recorded with their stacks. The two stacks share an activation,
*between*: the read was made by it, or by what it called at one place; the write likewise at another
one. The value flows if each function on the way up returns it, if *between* hands it on, whatever
way was taken, and if each on the way down stores, or hands on, the argument that it came as.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

from pytest_concurrency.detect.lost_update import LostUpdate
from pytest_concurrency.instrument.analysis.handing import Function, handing_of
from pytest_concurrency.instrument.analysis.names import own_nodes
from pytest_concurrency.instrument.analysis.values import NOTHING, Reads, Value
from pytest_concurrency.runtime.effects.shapes import DECIDES
from pytest_concurrency.runtime.system.frames import Frame, Stack
from pytest_concurrency.runtime.trace.event import Log, location, site_number, thread_of
from pytest_concurrency.runtime.trace.sites import SITES


def flows_through_calls(log: Log, stacks: Sequence[Stack], found: LostUpdate) -> bool:
    """Whether the value that was read has been handed on, from call to call, to the write."""
    read, write = stacks[found.read], stacks[found.write]
    shared = between(read, write)
    if shared is None or _looked_again(log, found):
        return False
    up, down = read[: len(read) - shared + 1], write[: len(write) - shared + 1]
    if len(up) == len(down) == 1 or _was_called_again(log, stacks, found, up, shared):
        return False
    sources = sources_of(site_number(log[found.read]), without_wrappers(up))
    stored = _stored(site_number(log[found.write]), without_wrappers(down))
    return not sources.isdisjoint(stored.sure)


def joined_at(stacks: Sequence[Stack], found: LostUpdate) -> tuple[str, int] | None:
    """Return path and line of the call by which the value comes to the write, in the activation
    that had got it before; None if they share none.
    """
    write = stacks[found.write]
    shared = between(stacks[found.read], write)
    frame = None if shared is None else write[-shared]
    return None if frame is None or frame.position is None else (frame.path, frame.position[0])


def between(read: Stack, write: Stack) -> int | None:
    """Return how many activations the stacks share, which stand where they stood but for the last
    of them."""
    shared = 0
    for one, other in zip(reversed(read), reversed(write), strict=False):
        if one[:3] != other[:3]:
            break
        shared += 1
        if one.instruction != other.instruction:
            break
    return shared or None


def _looked_again(log: Log, found: LostUpdate) -> bool:
    """Whether the thread has read the location once more since the foreign write: it may have
    compared."""
    write = log[found.write]
    return any(
        thread_of(event) == thread_of(write) and location(event) == location(write)
        for event in log[found.foreign_write : found.write]
    )


def _was_called_again(
    log: Log, stacks: Sequence[Stack], found: LostUpdate, up: Stack, shared: int
) -> bool:
    """Whether *between* ended in the meantime, or has called once more what had read: then the
    value may be another one."""
    thread, joint, has_left = thread_of(log[found.write]), up[-1], False
    outer = stacks[found.write][-shared:][1:]
    for index in range(found.read + 1, found.write):
        if thread_of(log[index]) != thread:
            continue
        stack = stacks[index]
        mine = stack[-shared:]
        if len(stack) < shared or mine[0][:3] != joint[:3] or mine[1:] != outer:
            return True
        is_there = mine[0].instruction == joint.instruction
        is_same_call = len(stack) > shared and len(up) > 1 and stack[-shared - 1][:3] == up[-2][:3]
        if is_there and (has_left or not is_same_call):
            return True
        has_left = has_left or not is_there
    return False


@cache
def may_flow(read: int, write: int) -> bool:
    """Whether what is read there leaves its function by a call, and what is written came by one."""
    nodes = frozenset(node for _, node in accessed(read))
    found = next(accessed(write), None)
    if not nodes or found is None:
        return False
    function, target = found
    sure = function.stored(target).sure
    return any(isinstance(node, (ast.arg, ast.Call, ast.Attribute, ast.Subscript)) for node in sure)


@cache
def is_kept(read: int) -> bool:
    """Whether what is read there is assigned to something, just as it is."""
    return any(function.keeps(node) for function, node in accessed(read))


@cache
def is_decided(read: int, write: int) -> bool:
    """Whether it depends on what is read there if anything is written here."""
    return any(
        function.decides_at(node, target)
        for function, node in accessed(read)
        for _, target in accessed(write)
    )


# -- what flows in the functions on the way ------------------------------------------------


def sources_of(site: int, up: Stack, *, is_asked: bool = False) -> Reads:
    """Return what gave, in the last of the activations, the value that was read; ``is_asked``:
    also what a container was asked for, such as how much is in it.
    """
    found = [*accessed(site)] or [*(_counted(site) if is_asked else ())]
    nodes = frozenset(node for _, node in found)
    for below, frame in pairwise(up):
        function = next((f for f, _ in found), None) if below is up[0] else _function_of(below)
        called = called_in(frame)
        if function is None or called is None or not function.returns(nodes):
            return frozenset()
        caller, node = called
        if function.flows.is_generator:
            node = caller.loop_over(node)
        if not function.is_called_at(node):
            return frozenset()
        nodes = frozenset((node,))
    return nodes


def _stored(site: int, down: Stack) -> Value:
    """Return what, in the last of the activations, the value is made of that was written."""
    found = next(accessed(site), None)
    if found is None:
        return NOTHING
    function, node = found
    value = function.stored(node)
    for frame in down[1:]:
        called = called_in(frame)
        arguments = [node for node in value.sure if isinstance(node, ast.arg)]
        value = NOTHING
        if called is None:
            break
        caller, node = called
        for argument in arguments:
            value |= function.given(node, argument, caller)
        function = caller
    return value


def accessed(site: int) -> Iterator[tuple[Function, Any]]:
    """Yield what may be the access at a site, with the function that it is in."""
    where = SITES[site]
    handing = handing_of(where.path)
    if handing is not None:
        yield from handing.accessed(where.line, where.column, where.name)


def _function_of(frame: Frame) -> Function | None:
    found = called_in(frame)
    return None if found is None else found[0]


def asked(site: int) -> Iterator[tuple[Function, Any]]:
    """Yield what may be, at a site, the container that is asked what is in it, or how much."""
    where = SITES[site]
    handing = handing_of(where.path)
    if handing is not None and where.name in ("", DECIDES):
        yield from handing.begun(where.line, where.column)


def _counted(site: int) -> Iterator[tuple[Function, Any]]:
    """Yield what may be the container that is asked, and the call that it is given to for that."""
    for function, node in asked(site):
        yield function, node
        for call in own_nodes(function.node):
            if isinstance(call, ast.Call) and node in call.args:
                yield function, call


def called_in(frame: Frame) -> tuple[Function, Any] | None:
    """Return what an activation evaluates, a call or the like, with its function."""
    handing = handing_of(frame.path)
    at = frame.position
    return handing.at(at) if handing is not None and at is not None else None


def evaluated_in(frame: Frame) -> list[tuple[Function, Any]]:
    """Return what an activation evaluates, whatever it is, with its function."""
    handing = handing_of(frame.path)
    at = frame.position
    return handing.evaluated_at(at) if handing is not None and at is not None else []


def without_wrappers(stack: Stack) -> Stack:
    """Leave out the wrappers of decorators, which hand on all that they get."""
    return tuple(
        frame
        for number, frame in enumerate(stack)
        if not (number and (called := called_in(frame)) and called[0].hands_all_on(called[1]))
    )
