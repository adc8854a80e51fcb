"""Rewrites the standard library's own synchronisation code: only where it may block, nothing else.

Conditions, events, semaphores, barriers, queues, futures and executors are Python code around
locks. With their locks managed they work under the scheduler as they are, whoever created them and
whenever.
"""

from __future__ import annotations

import ast
from typing import cast

from pytest_concurrency.runtime.primitives import INTERNAL, LOCK_METHODS, QUEUE_METHODS

MODULES = (
    "threading",
    "queue",
    "concurrent.futures._base",
    "concurrent.futures.process",
    "concurrent.futures.thread",
    "logging.__init__",
    "functools",
    "multiprocessing.forkserver",
    "multiprocessing.managers",
    "multiprocessing.pool",
    "multiprocessing.queues",
    "multiprocessing.resource_tracker",
    "multiprocessing.synchronize",
)
"""Modules of the standard library that hold locks while they run, or wait."""

_METHODS = LOCK_METHODS | QUEUE_METHODS


def rewrite_internal(tree: ast.Module) -> ast.Module:
    """Rewrite ``tree`` in place and return it."""
    rewritten = cast(ast.Module, _Rewriter().visit(tree))
    return ast.fix_missing_locations(rewritten)


class _Rewriter(ast.NodeTransformer):
    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if _is_method(node.func):
            node.func = self._wrap("@sync_method", node.func)
        elif ast.unparse(node.func) == "iter" and _is_method(node.args[0]):
            node.args[0] = self._wrap("@sync_method", node.args[0])  # C code calls it
        return node

    def visit_With(self, node: ast.With) -> ast.AST:
        self.generic_visit(node)
        for item in node.items:
            item.context_expr = self._wrap("@enter_with", item.context_expr)
        return node

    @staticmethod
    def _wrap(helper: str, expression: ast.expr) -> ast.expr:
        call = ast.Call(ast.Name(helper, ast.Load()), [expression, ast.Constant(INTERNAL)], [])
        return ast.copy_location(call, expression)


def _is_method(callee: ast.expr) -> bool:
    return isinstance(callee, ast.Attribute) and callee.attr in _METHODS
