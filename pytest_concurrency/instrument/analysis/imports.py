"""What the names of imported modules and functions stand for in one file."""

from __future__ import annotations

import ast

from pytest_concurrency.instrument.analysis.names import all_nodes


class Imports:
    """All imports of a file, wherever they are; of two that bind one name the last one counts."""

    def __init__(self, tree: ast.Module) -> None:
        self._names: dict[str, str] = {}
        """By name: the dotted one."""
        for node in all_nodes(tree):
            if isinstance(node, ast.Import):
                renamed = [alias for alias in node.names if alias.asname]
                self._names.update((alias.asname or "", alias.name) for alias in renamed)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for alias in node.names:
                    self._names[alias.asname or alias.name] = f"{node.module}.{alias.name}"

    def dotted(self, node: ast.expr) -> str:
        """Return the name by which ``node``, a name or an attribute of one, is known everywhere:
        ``os.path.exists`` for ``path.exists`` after ``from os import path``; "" for all else.
        """
        if isinstance(node, ast.Name):
            return self._names.get(node.id, node.id)
        if isinstance(node, ast.Attribute) and (before := self.dotted(node.value)):
            return f"{before}.{node.attr}"
        return ""


def first_name(node: ast.expr) -> str:
    """Return the name that a dotted one begins with; "" if it does not begin with a name."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
