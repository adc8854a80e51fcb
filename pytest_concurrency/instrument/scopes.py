"""What the rewriter must know about names: which are plain locals, and which globals somebody rebinds."""

from __future__ import annotations

import ast
from collections.abc import Iterator

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_SCOPES = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.Lambda,
    ast.ClassDef,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
)


def own_nodes(function: FunctionNode) -> Iterator[ast.AST]:
    """Walk the function's body without the bodies of nested scopes."""
    body = function.body if isinstance(function.body, list) else [function.body]
    stack: list[ast.AST] = list(body)
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, _SCOPES):
            stack.extend(ast.iter_child_nodes(node))


def _parameters(function: FunctionNode) -> set[str]:
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    every += [extra for extra in (arguments.vararg, arguments.kwarg) if extra is not None]
    return {argument.arg for argument in every}


def plain_locals(function: FunctionNode) -> frozenset[str]:
    """Return the local names that no nested scope mentions: reading one twice gives the same value."""
    bound = _parameters(function)
    declared: set[str] = set()
    nested: set[str] = set()
    for node in own_nodes(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
            bound.add(node.id)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            declared.update(node.names)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            bound.add(node.name)
        elif isinstance(node, _SCOPES):
            nested.update(inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name))
            nested.update(
                name
                for inner in ast.walk(node)
                if isinstance(inner, ast.Nonlocal)
                for name in inner.names
            )
    return frozenset(bound - declared - nested)


def declared_global(function: FunctionNode) -> frozenset[str]:
    """Return the names that the function itself declares ``global``."""
    return frozenset(
        name for node in own_nodes(function) if isinstance(node, ast.Global) for name in node.names
    )


def bound_locally(function: FunctionNode) -> frozenset[str]:
    """Return every name that is local to the function, plain or not."""
    bound = _parameters(function)
    for node in own_nodes(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
            bound.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            bound.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            bound.update((alias.asname or alias.name).partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            bound.add(node.name)
    return frozenset(bound) - declared_global(function)


def mutable_globals(module: ast.Module) -> frozenset[str]:
    """Return the globals that some function of the module rebinds or deletes."""
    names: set[str] = set()
    for function in ast.walk(module):
        if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        declared = declared_global(function)
        if declared:
            names.update(
                node.id
                for node in own_nodes(function)
                if isinstance(node, ast.Name)
                and isinstance(node.ctx, (ast.Store, ast.Del))
                and node.id in declared
            )
    return frozenset(names)
