"""Which names may be those of containers, as far as one file tells.

Nearly all values are none, so it matters which of them nobody has to look at. That a name is *used*
as a container's says that it may be one; that it is not, nothing: who only asks whether what he was
given is empty shows nothing else of it. What is *plain* is none.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Set
from typing import NamedTuple

from pytest_concurrency.instrument.analysis.names import DISPLAYS, FRESH, all_nodes, bound_by

_PLAIN_TYPES = frozenset({"bool", "bytes", "complex", "float", "int", "str"})
_GIVING_PLAIN = _PLAIN_TYPES | {"abs", "all", "any", "bin", "callable", "chr", "format", "hasattr"}
_GIVING_PLAIN |= {"hash", "hex", "id", "isinstance", "issubclass", "len", "oct", "ord", "repr"}
"""Functions whose results are numbers, texts, or answers of yes and no."""
_GIVING_NOTHING_SHARED = _GIVING_PLAIN | FRESH
_METHODS_GIVING_PLAIN = frozenset(
    {"acquire", "endswith", "is_alive", "is_set", "locked", "lower", "startswith", "strip", "upper"}
)
_NUMBER = ast.Constant(0)
_Bindings = dict[str, list[ast.expr | None]]
"""What names are bound to; None: something that the file does not show."""


class Containers(NamedTuple):
    """What the names of a file are known to be, attributes' names among them."""

    used: frozenset[str]
    """They are used as those of containers somewhere: subscripted, iterated over, filled."""
    plain: frozenset[str]
    """They are bound to numbers, texts and the like, and to nothing else."""

    @classmethod
    def of(cls, module: ast.Module, methods: frozenset[str]) -> Containers:
        """Return what a file tells; ``methods`` are those of containers."""
        return cls(_used(module, methods), _plain(_bindings(module)))

    def may_give(self, node: ast.expr) -> bool:
        """Whether an expression may give a container that others know."""
        match node:
            case ast.Name(id=name):
                return name in self.used or name not in self.plain
            case ast.NamedExpr(value=value):
                return self.may_give(value)
            case ast.Call(func=ast.Name(id=name)):
                return name not in _GIVING_NOTHING_SHARED
            case ast.Call(func=ast.Attribute(attr=name)):
                return name not in _METHODS_GIVING_PLAIN
            case ast.BoolOp(values=parts):
                return any(map(self.may_give, parts))
            case ast.IfExp(body=one, orelse=other):
                return self.may_give(one) or self.may_give(other)
        return isinstance(node, (ast.Attribute, ast.Subscript, ast.Call, ast.Await))


def _used(module: ast.Module, methods: frozenset[str]) -> frozenset[str]:
    found: set[str] = set()
    for node in all_nodes(module):
        used: list[ast.expr] = []
        if isinstance(node, (ast.Subscript, ast.Starred)):
            used = [node.value]
        elif isinstance(node, ast.Attribute):
            used = [node.value] if node.attr in methods else []
        elif isinstance(node, (ast.For, ast.comprehension)):
            used = [node.iter]
        elif isinstance(node, ast.Compare):
            pairs = zip(node.ops, node.comparators, strict=True)
            used = [part for op, part in pairs if isinstance(op, (ast.In, ast.NotIn))]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            used = node.args[:1] if node.func.id == "len" else []
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            used = [target for target, value in _assigned(node) if isinstance(value, DISPLAYS)]
        for part in used:
            if isinstance(part, ast.Name):
                found.add(part.id)
            elif isinstance(part, ast.Attribute):
                found.add(part.attr)
    return frozenset(found)


def _assigned(node: ast.Assign | ast.AnnAssign) -> Iterator[tuple[ast.expr, ast.expr | None]]:
    """Yield targets, each with what is assigned to it."""
    for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
        yield from _taken_apart(target, node.value)


def _taken_apart(
    target: ast.expr, value: ast.expr | None
) -> Iterator[tuple[ast.expr, ast.expr | None]]:
    if not isinstance(target, (ast.Tuple, ast.List)):
        yield target, value
        return
    values: list[ast.expr | None] = [None] * len(target.elts)
    is_starred = any(isinstance(part, ast.Starred) for part in target.elts)
    if isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(values):
        values = values if is_starred else [*value.elts]
    for part, given in zip(target.elts, values, strict=True):
        yield from _taken_apart(part, given)


def _bindings(module: ast.Module) -> _Bindings:
    """Return what each name of a file is bound to, in whatever scope. Who is not among them comes
    from elsewhere."""
    found: _Bindings = {}
    shown: dict[ast.AST, ast.expr | None] = {}
    for node in all_nodes(module):
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            shown.update(_assigned(node))
        elif isinstance(node, ast.NamedExpr):
            shown[node.target] = node.value
        elif isinstance(node, ast.AugAssign):
            shown[node.target] = ast.BinOp(node.target, node.op, node.value)
        elif isinstance(node, (ast.For, ast.comprehension)) and _counts(node.iter):
            shown[node.target] = _NUMBER
        elif isinstance(node, ast.arguments):
            shown.update(_parameters(node))
        for name in [node.arg] if isinstance(node, ast.arg) else bound_by(node):
            found.setdefault(name, []).append(shown.get(node))
    return found


def _counts(node: ast.expr) -> bool:
    """Whether going through ``node`` gives numbers."""
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") == "range"


def _parameters(node: ast.arguments) -> Iterator[tuple[ast.arg, ast.expr | None]]:
    """Yield parameters, each with a value of the kind that it is said to have."""
    by_place = [*node.posonlyargs, *node.args]
    defaults = [*[None] * (len(by_place) - len(node.defaults)), *node.defaults, *node.kw_defaults]
    for parameter, default in zip([*by_place, *node.kwonlyargs], defaults, strict=True):
        kind = parameter.annotation
        is_plain = isinstance(kind, ast.Name) and kind.id in _PLAIN_TYPES
        yield parameter, _NUMBER if is_plain else default if _says(default) else None


def _says(default: ast.expr | None) -> bool:
    """Whether a default shows what a parameter is: None does not."""
    return isinstance(default, ast.Constant) and default.value is not None


def _plain(bindings: _Bindings) -> frozenset[str]:
    """Return the names that are bound to nothing but numbers, texts and the like."""
    found = set(bindings)
    while True:
        left = {name for name in found if all(_is_plain(each, found) for each in bindings[name])}
        if left == found:
            return frozenset(found)
        found = left


def _is_plain(node: ast.expr | None, plain: Set[str]) -> bool:
    """Whether a value is no container if ``plain`` names are none."""
    match node:
        case ast.Constant() | ast.JoinedStr() | ast.Compare() | ast.UnaryOp():
            return True
        case ast.Name(id=name):
            return name in plain
        case ast.BoolOp(values=parts):
            return all(_is_plain(part, plain) for part in parts)
        case ast.IfExp(body=one, orelse=other):
            return _is_plain(one, plain) and _is_plain(other, plain)
        case ast.BinOp(left=one, op=operator, right=other):
            sides = (_is_plain(one, plain), _is_plain(other, plain))
            return all(sides) if isinstance(operator, ast.Mult) else any(sides)
        case ast.Call(func=ast.Name(id=name)):
            return name in _GIVING_PLAIN
        case ast.Call(func=ast.Attribute(attr=name)):
            return name in _METHODS_GIVING_PLAIN
    return False
