"""Which reads, and other expressions, decide whether something in a function is evaluated.

Control dependence, as far as the source of one function shows it: the tests around it, those that
leave the function or the round of a loop before it, and what a ``try`` had to get through.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from itertools import takewhile

from pytest_concurrency.instrument.analysis.flows import Flows
from pytest_concurrency.instrument.analysis.names import FunctionNode, all_nodes, children_of
from pytest_concurrency.instrument.analysis.values import NO_READS, Reads

_LEAVING = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_BLOCKS = ("body", "orelse", "finalbody")


def deciding(function: FunctionNode, flows: Flows, node: ast.AST) -> Reads:
    """Return what decides whether ``node``, which is in ``function``, is evaluated: the tests, with
    all that is in them, and the reads that these are made of.
    """
    found = NO_READS
    inner = node
    for outer in _around(function, node):
        for part in (*_tests_between(outer, inner), *_passed_before(outer, inner)):
            found |= _nodes_in(part, flows)
        inner = outer
    return found


def _around(function: FunctionNode, node: ast.AST) -> list[ast.AST]:
    """Return what ``node`` is in, from the inside out, up to the function."""
    path = _path(function, node)
    return path[-2::-1]


def _path(outer: ast.AST, node: ast.AST) -> list[ast.AST]:
    if outer is node:
        return [outer]
    for child in children_of(outer):
        rest = _path(child, node)
        if rest:
            return [outer, *rest]
    return []


def _tests_between(outer: ast.AST, inner: ast.AST) -> Iterator[ast.AST]:
    """Yield what decides, in ``outer``, whether ``inner``, a part of it, is evaluated."""
    match outer:
        case ast.If() | ast.While() | ast.IfExp() if inner is not outer.test:
            yield outer.test
        case ast.BoolOp():
            yield from takewhile(lambda value: value is not inner, outer.values)
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
            if not isinstance(inner, ast.comprehension):
                yield from (test for part in outer.generators for test in part.ifs)
        case ast.Match() if inner is not outer.subject:
            yield outer.subject
        case ast.match_case(guard=guard) if guard is not None and inner is not guard:
            yield guard
        case ast.Try() | ast.TryStar():
            if inner in outer.handlers or inner in outer.orelse:
                yield from outer.body
        case ast.For() | ast.AsyncFor() if inner in outer.orelse:
            yield outer.iter
            yield from _leaving(outer.body)
        case ast.For() | ast.AsyncFor() if inner in outer.body:
            yield from _bounds(outer.iter)


def _bounds(iterable: ast.expr) -> Iterator[ast.AST]:
    """Yield what sets how many rounds a loop has: the ends of a slice, or of a range."""
    match iterable:
        case ast.Subscript(slice=ast.Slice(lower=lower, upper=upper)):
            yield from (end for end in (lower, upper) if end is not None)
        case ast.Call(func=ast.Name(id="range"), args=ends):
            yield from ends
        case ast.Call(func=ast.Name(id="enumerate" | "reversed" | "list" | "tuple"), args=[of, *_]):
            yield from _bounds(of)


def _passed_before(outer: ast.AST, inner: ast.AST) -> Iterator[ast.AST]:
    """Yield what might have left the block of ``outer`` that ``inner`` is in before it came."""
    for name in _BLOCKS:
        block = getattr(outer, name, None)
        if isinstance(block, list) and inner in block:
            yield from _leaving(block[: block.index(inner)])


def _leaving(statements: Iterable[ast.stmt]) -> Iterator[ast.AST]:
    for statement in statements:
        nodes = list(all_nodes(statement))
        yield from (node.test for node in nodes if isinstance(node, (ast.Assert, ast.While)))
        if any(isinstance(node, _LEAVING) for node in nodes):
            yield from (node.test for node in nodes if isinstance(node, ast.If))
            yield from (part for node in nodes for part in _tried(node))


def _tried(node: ast.AST) -> list[ast.stmt]:
    """Return what may have ended early, with the exception caught: also by a context manager, whose
    block leaves the function if it does not.
    """
    match node:
        case ast.Try() | ast.TryStar():
            return node.body
        case ast.With() | ast.AsyncWith() if isinstance(node.body[-1], _LEAVING):
            return node.body
    return []


def _nodes_in(part: ast.AST, flows: Flows) -> Reads:
    parts = [node for node in all_nodes(part) if isinstance(node, ast.expr)]
    return frozenset(parts).union(*(flows.value_of(node).reads for node in parts))
