"""Rewrites the standard library's own synchronisation code: only where it may block, nothing else.

Conditions, events, semaphores, barriers, queues, futures and executors are Python code around
locks. With their locks managed they work under the scheduler as they are, whoever created them and
whenever.
"""

from __future__ import annotations

import ast

from pytest_concurrency.instrument.analysis.names import all_nodes
from pytest_concurrency.runtime.helpers.blocking.stand_ins import LOCK_METHODS, QUEUE_METHODS
from pytest_concurrency.runtime.trace.sites import INTERNAL

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

_COMPLETING = {"set_result": "@completing", "set_exception": "@failing"}
_CALLED = {"_set": "@answering", "function": "@timed"}
_ASKING = {
    "Future": "_exception",
    "ApplyResult": "_value",
    "MapResult": "_value",
    "successful": "_success",
}
"""By class or method: who reads that attribute there asks how a job has ended."""
_METHODS = LOCK_METHODS | QUEUE_METHODS


def rewrite_internal(tree: ast.Module) -> ast.Module:
    """Rewrite ``tree`` in place and return it."""
    for node in list(all_nodes(tree)):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute) and node.func.attr in _COMPLETING:
                node.func.value = _wrapped(_COMPLETING[node.func.attr], node.func.value)
            elif isinstance(node.func, ast.Attribute) and node.func.attr in _CALLED:
                node.func = _wrapped(_CALLED[node.func.attr], node.func)
            elif _is_method(node.func):
                node.func = _wrapped("@sync_method", node.func)
            elif _is_iter(node.func) and _is_method(node.args[0]):
                node.args[0] = _wrapped("@sync_method", node.args[0])  # C code calls it
        elif isinstance(node, ast.With):
            for item in node.items:
                item.context_expr = _wrapped("@enter_with", item.context_expr)
    for node in all_nodes(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name in _ASKING:
            _ask(node, _ASKING[node.name])
    return tree


def _ask(definition: ast.AST, name: str) -> None:
    for node in list(all_nodes(definition)):
        is_read = isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
        if isinstance(node, ast.Attribute) and is_read and node.attr == name:
            node.value = _wrapped("@asking", node.value)


def _is_method(callee: ast.expr) -> bool:
    return isinstance(callee, ast.Attribute) and callee.attr in _METHODS


def _is_iter(callee: ast.expr) -> bool:
    return isinstance(callee, ast.Name) and callee.id == "iter"


def _wrapped(helper: str, expression: ast.expr) -> ast.expr:
    name, constant = ast.Name(helper, ast.Load()), ast.Constant(INTERNAL)
    call = ast.Call(name, [expression, constant], [])
    for node in (name, constant, call):
        ast.copy_location(node, expression)
    return call
