"""What the rewriter must know about names: what is local, what may be read twice, what somebody
rebinds."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_SCOPES = (*_FUNCTIONS, ast.ClassDef, *_COMPREHENSIONS)


def mangled(name: str, class_name: str | None) -> str:
    """Return what the compiler makes of ``name`` inside a class."""
    if class_name is None or not name.startswith("__") or name.endswith("__") or "." in name:
        return name
    owner = class_name.lstrip("_")
    return f"_{owner}{name}" if owner else name


def own_nodes(scope: ast.AST) -> Iterator[ast.AST]:
    """Walk the body of a function or class without the bodies of nested scopes."""
    body = getattr(scope, "body", [])
    stack: list[ast.AST] = list(body) if isinstance(body, list) else [body]
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, _SCOPES):
            stack.extend(ast.iter_child_nodes(node))


def _bound_by(node: ast.AST) -> Iterator[str]:
    """Yield the names that one node binds or deletes in the scope that it is in."""
    if isinstance(node, ast.Name):
        if not isinstance(node.ctx, ast.Load):
            yield node.id
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        yield from ((alias.asname or alias.name).partition(".")[0] for alias in node.names)
    elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
        yield from filter(None, [node.name])
    elif isinstance(node, ast.MatchMapping):
        yield from filter(None, [node.rest])
    elif isinstance(node, _COMPREHENSIONS):
        # Walrus targets inside of comprehensions belong to the function around them.
        inner = [part for part in ast.walk(node) if isinstance(part, ast.NamedExpr)]
        yield from (part.target.id for part in inner)


def _parameters(function: FunctionNode) -> frozenset[str]:
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    every += [extra for extra in (arguments.vararg, arguments.kwarg) if extra is not None]
    return frozenset(argument.arg for argument in every)


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one function or class body."""

    bound: frozenset[str]
    """Local to it, whether plain or shared with nested functions."""
    declared_global: frozenset[str]
    plain: frozenset[str]
    """Locals that give the same value when read twice in a row, whatever other threads do."""
    constant: frozenset[str]
    """Parameters that nobody rebinds: plain in nested functions, too."""
    rebound: frozenset[str]
    """Locals that are bound more than once or in a nested function, and read there: cells that
    change."""


def names_of(scope: FunctionNode | ast.ClassDef) -> Names:
    """Look at a function's (or class's) body and at what its nested scopes mention."""
    parameters = frozenset() if isinstance(scope, ast.ClassDef) else _parameters(scope)
    stored: set[str] = set()
    declared_global: set[str] = set()
    declared_nonlocal: set[str] = set()
    mentioned: set[str] = set()
    nested_nonlocal: set[str] = set()
    for node in own_nodes(scope):
        stored.update(_bound_by(node))
        if isinstance(node, ast.Global):
            declared_global.update(node.names)
        elif isinstance(node, ast.Nonlocal):
            declared_nonlocal.update(node.names)
        elif isinstance(node, _SCOPES):
            for inner in ast.walk(node):
                if isinstance(inner, ast.Name):
                    mentioned.add(inner.id)
                elif isinstance(inner, ast.Nonlocal):
                    nested_nonlocal.update(inner.names)
    bound = (parameters | stored) - declared_global - declared_nonlocal
    constant = parameters - stored - nested_nonlocal
    return Names(
        frozenset(bound),
        frozenset(declared_global),
        frozenset(bound - mentioned - nested_nonlocal) | constant,
        frozenset(constant),
        frozenset(bound & nested_nonlocal),
    )


def comprehension_names(node: Comprehension) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names that a comprehension binds, and those of them that may be read twice."""
    bound: set[str] = set()
    nested: set[str] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.comprehension):
            bound.update(
                name.id
                for name in ast.walk(part.target)
                if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
            )
        elif part is not node and isinstance(part, _SCOPES):
            nested.update(inner.id for inner in ast.walk(part) if isinstance(inner, ast.Name))
    return frozenset(bound), frozenset(bound - nested)


def mutable_globals(module: ast.Module) -> frozenset[str]:
    """Return the globals (as the module's namespace knows them) that some function rebinds or
    deletes."""
    names: set[str] = set()
    stack: list[tuple[ast.AST, str | None]] = [(module, None)]
    while stack:
        node, class_name = stack.pop()
        if isinstance(node, ast.ClassDef):
            class_name = node.name
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            stored = {name for part in own_nodes(node) for name in _bound_by(part)}
            for part in own_nodes(node):
                if isinstance(part, ast.Global):
                    names.update(mangled(n, class_name) for n in stored.intersection(part.names))
        stack.extend((child, class_name) for child in ast.iter_child_nodes(node))
    return frozenset(names)
