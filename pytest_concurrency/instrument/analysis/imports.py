"""What the names of imported modules and functions stand for in one file."""

from __future__ import annotations

import ast
from collections.abc import Set

from pytest_concurrency.instrument.analysis.names import all_nodes


class Imports:
    """All imports of a file, wherever they are: two of them may bind one name."""

    def __init__(self, tree: ast.Module) -> None:
        self._names: dict[str, set[str]] = {}
        """By name: the dotted ones."""
        for node in all_nodes(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    name = alias.asname or alias.name.partition(".")[0]
                    self._names.setdefault(name, set()).add(alias.name if alias.asname else name)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for alias in node.names:
                    known = self._names.setdefault(alias.asname or alias.name, set())
                    known.add(f"{node.module}.{alias.name}")

    def meanings(self, node: ast.expr) -> Set[str]:
        """Return the names by which ``node``, a name or an attribute of one, may be known
        everywhere: ``os.path.exists`` for ``path.exists`` after ``from os import path``; none for
        all else.
        """
        if isinstance(node, ast.Name):
            return self._names.get(node.id, {node.id})
        if isinstance(node, ast.Attribute):
            return {f"{before}.{node.attr}" for before in self.meanings(node.value)}
        return frozenset()


def first_name(node: ast.expr) -> str:
    """Return the name that a dotted one begins with; "" if it does not begin with a name."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
