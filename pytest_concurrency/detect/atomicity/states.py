"""Which states are stored, as the source has them: flags, texts and constants, each of which says
one thing at a time.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from enum import Enum
from functools import cache
from typing import Final

from pytest_concurrency.detect.through_calls import accessed, called_in, without_wrappers
from pytest_concurrency.instrument.analysis.handing import Function
from pytest_concurrency.instrument.analysis.names import own_nodes
from pytest_concurrency.runtime.system.frames import Stack

_STATES = frozenset({"bool", "NoneType", "str"})
BY_NAME: Final = "by name"
"""What is written in capitals, as constants and members of an ``enum`` are."""
_OTHER: Final = frozenset(("",))


@cache
def kinds_stored(site: int) -> frozenset[str]:
    """Return what kinds of states may be written at a site; "" for anything else."""
    found = {
        _kind_of_state(value)
        for function, target in accessed(site)
        for value in stored_in(function, target)
    }
    return frozenset(found) or _OTHER


class Made(Enum):
    """How a write makes what it stores."""

    TO_BE_FILLED = "to be filled"
    """An empty list, dict or the like."""
    BY_CALL = "by a call"


_EMPTY = frozenset(
    {"Counter", "OrderedDict", "bytearray", "defaultdict", "deque", "dict", "list", "set"}
)


@cache
def makes(site: int) -> Made | None:
    """Return how a write makes what it stores, if each that may be at the site does so."""
    found = {
        _made(value) for function, target in accessed(site) for value in stored_in(function, target)
    }
    return found.pop() if len(found) == 1 else None


def _made(value: ast.expr) -> Made | None:
    match value:
        case ast.List(elts=[]) | ast.Dict(keys=[]):
            return Made.TO_BE_FILLED
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=args):
            is_empty = name in _EMPTY and (not args or name in ("defaultdict", "deque"))
            return Made.TO_BE_FILLED if is_empty else Made.BY_CALL
    return None


def kinds_written(site: int, stack: Stack) -> frozenset[str]:
    """Return the same for one write: what came as an argument is what the callers have passed, what
    a loop goes through is what is listed there.
    """
    stack = without_wrappers(stack)
    found = [
        _kinds(value, function, stack)
        for function, target in accessed(site)
        for value in stored_in(function, target)
    ]
    return frozenset().union(*found) or _OTHER


def stored_in(function: Function, target: ast.AST) -> Iterator[ast.expr]:
    """Yield what a function assigns to ``target``."""
    for node in own_nodes(function.node):
        match node:
            case ast.Assign(targets=targets, value=value) if target in targets:
                yield value
            case ast.AnnAssign(target=place, value=ast.expr() as value) if place is target:
                yield value


def _kind_of_state(value: ast.expr) -> str:
    match value:
        case ast.Constant(value=constant):
            kind = type(constant).__name__
            return kind if kind in _STATES else ""
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return BY_NAME if name.isupper() else ""
    return ""


def _kinds(value: ast.expr, function: Function, stack: Stack) -> frozenset[str]:
    """Return what kinds of states an expression may be, evaluated by the innermost activation."""
    match value:
        case ast.IfExp(body=one, orelse=other):
            return _kinds(one, function, stack) | _kinds(other, function, stack)
        case ast.Name(id=name) if not name.isupper():
            values, where, outer = _bound_to(name, function, stack)
            return frozenset().union(*(_kinds(each, where, outer) for each in values)) or _OTHER
    return frozenset((_kind_of_state(value),))


def _bound_to(
    name: str, function: Function, stack: Stack
) -> tuple[Sequence[ast.expr], Function, Stack]:
    """Return what a name may be bound to, and the activation that has evaluated that; nothing where
    that is not known.
    """
    bindings = [
        node
        for node in own_nodes(function.node)
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store)
    ]
    if bindings:
        listed = [list(_listed(function, node)) for node in bindings]
        return [each for some in listed for each in some] if all(listed) else [], function, stack
    spec = function.node.args
    parameters = (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)
    parameter = next((each for each in parameters if each.arg == name), None)
    called = called_in(stack[1]) if len(stack) > 1 else None
    if parameter is None or called is None:
        return [], function, stack
    caller, node = called
    if isinstance(node, ast.Call):
        return function.passed(node, parameter), caller, stack[1:]
    return [*stored_in(caller, node)], caller, stack[1:]


def _listed(function: Function, name: ast.Name) -> Iterator[ast.expr]:
    """Yield what a loop binds a name to, one after another, if that is written there."""
    for node in own_nodes(function.node):
        match node:
            case ast.For(target=target, iter=ast.Tuple(elts=items) | ast.List(elts=items)):
                if target is name:
                    yield from items
