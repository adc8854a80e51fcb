"""Which reads may flow into a write: what makes a read, a foreign write and a write a *lost update*.

The analysis is local to a function and flow-insensitive: a name carries every read that occurs in anything assigned to it.
It over-approximates within a function (a finding still needs an execution that shows it) and knows nothing
across functions (there, a failing check is what makes a finding).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

from pytest_concurrency.instrument.scopes import FunctionNode, own_nodes


def _assigned(node: ast.AST) -> tuple[list[ast.expr], ast.expr] | None:
    if isinstance(node, ast.Assign):
        return node.targets, node.value
    if isinstance(node, (ast.AnnAssign, ast.NamedExpr, ast.AugAssign)) and node.value is not None:
        return [node.target], node.value
    if isinstance(node, (ast.For, ast.AsyncFor)):
        return [node.target], node.iter
    return None


def _names_in(targets: Iterable[ast.expr]) -> set[str]:
    return {
        node.id
        for target in targets
        for node in ast.walk(target)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


class Flows:
    """For one function: the read nodes whose value may be part of an expression's value."""

    def __init__(self, function: FunctionNode) -> None:
        self._sources: dict[str, set[ast.AST]] = {}
        pending: list[tuple[set[str], ast.expr]] = []
        for node in own_nodes(function):
            assigned = _assigned(node)
            if assigned is not None:
                pending.append((_names_in(assigned[0]), assigned[1]))
        changed = True
        while changed:
            changed = False
            for names, value in pending:
                reads = self.reads_in(value)
                for name in names:
                    known = self._sources.setdefault(name, set())
                    if not reads <= known:
                        known |= reads
                        changed = True

    def reads_in(self, value: ast.expr) -> set[ast.AST]:
        """Return the attribute, item, name and call nodes whose value may reach ``value``."""
        reads: set[ast.AST] = set()
        for node in ast.walk(value):
            if isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
                reads.add(node)
            elif isinstance(node, ast.Name):
                reads.add(node)
                reads |= self._sources.get(node.id, set())
        return reads


def sites_of(nodes: Iterable[ast.AST], numbers: Mapping[ast.AST, int]) -> frozenset[int]:
    """Translate nodes to site numbers; nodes that are no sites are left out."""
    return frozenset(numbers[node] for node in nodes if node in numbers)
