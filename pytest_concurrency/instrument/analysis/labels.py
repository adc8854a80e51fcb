"""How locations are named: briefly, in the words of the source, with the class's name for ``self``
and ``cls``."""

from __future__ import annotations

import ast

_DEPTH = 6
"""Longer chains are cut: a label is for people."""


def label_of(node: ast.expr, class_name: str | None) -> str:
    """Return how the source names ``node``."""
    return _text(node, class_name, _DEPTH)


def _text(node: ast.expr, class_name: str | None, depth: int) -> str:
    if depth == 0:
        return "…"
    if isinstance(node, ast.NamedExpr):
        node = node.target
    if isinstance(node, ast.Name):
        if node.id.startswith("@"):
            return "…"
        return class_name if class_name and node.id in ("self", "cls") else node.id
    if isinstance(node, ast.Attribute):
        return f"{_text(node.value, class_name, depth - 1)}.{node.attr}"
    if isinstance(node, ast.Subscript):
        key = _text(node.slice, class_name, depth - 1)
        return f"{_text(node.value, class_name, depth - 1)}[{key}]"
    if isinstance(node, ast.Call):
        arguments = "…" if node.args or node.keywords else ""
        return f"{_text(node.func, class_name, depth - 1)}({arguments})"
    if isinstance(node, ast.Constant):
        text = repr(node.value)
        return text if len(text) <= 24 else "…"
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return "-" + _text(node.operand, class_name, depth - 1)
    return "…"
