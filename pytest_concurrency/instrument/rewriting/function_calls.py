"""Rewrites calls of functions that touch what they are given, files, or what the process shares.

They are known by the names under which their modules have them, whatever the file calls them
(``analysis/imports.py``). That the callee is the one that is meant is seen when it is called.
"""

from __future__ import annotations

import ast

from pytest_concurrency.instrument.analysis.files import MOVING
from pytest_concurrency.instrument.analysis.imports import first_name
from pytest_concurrency.instrument.analysis.values import FOREIGN, NOTHING
from pytest_concurrency.instrument.rewriting.container_reads import ContainerReads
from pytest_concurrency.runtime.effects import files
from pytest_concurrency.runtime.helpers.functions import (
    MODULES_OF,
    NAMED_ALIKE,
    SLOT_EFFECTS,
    touched_argument,
)

_MERGING = frozenset(
    [
        "join",
        "extend",
        "extendleft",
        "format",
        "format_map",
        "fromkeys",
        "update",
        "union",
        "intersection",
        "difference",
        "symmetric_difference",
        "issubset",
        "issuperset",
        "isdisjoint",
        "difference_update",
        "intersection_update",
        "symmetric_difference_update",
    ]
)
"""Methods that go through what they are given."""


class FunctionCalls(ContainerReads):
    """Calls of functions, and what all calls have in common."""

    def _label_of_argument(self, node: ast.Call, name: str, module: str, otherwise: str) -> str:
        """Return how the source names what a function touches that it is given."""
        place = touched_argument(name, module)
        if place is None or place >= len(node.args):
            return otherwise
        return self._label(node.args[place])

    def _call_of_function(self, node: ast.Call, callee: ast.expr, label: str) -> ast.AST:
        """Rewrite the call of what is named like a function that touches what it is given."""
        flows = self._scope.flows if self._scope else None
        if flows is not None:
            self._pending[node] = self._stored(node)
        number = self._site(node, "call", "", label)
        return self._made_ready(node, "ready_function", callee, number)

    def _made_ready_for_others(self, node: ast.Call, callee: ast.expr) -> ast.AST:
        """Rewrite the call of what is named like something that another package knows."""
        label = self._label(callee.value if isinstance(callee, ast.Attribute) else callee)
        callee = self._visit_expr(callee)
        if self._scope is not None and self._scope.flows is not None:
            self._pending[node] = self._stored(node)
        number = self._site(node, "call", "", label)
        return self._made_ready(node, "ready_outside", callee, number)

    def _is_function_on_attributes(self, callee: ast.Attribute) -> bool:
        if callee.attr in SLOT_EFFECTS:
            return True
        return not self._modules_of(callee.value).isdisjoint(MODULES_OF.get(callee.attr, ()))

    def _modules_of(self, node: ast.expr) -> frozenset[str]:
        """Return which modules ``node`` may stand for; none if it is something else."""
        is_one = self._is_global_name(first_name(node))
        return frozenset(self._imports.meanings(node) if is_one else ())

    def _is_file_function(self, callee: ast.Attribute) -> bool:
        is_named_so = callee.attr in files.FUNCTION_NAMES
        return is_named_so and not self._modules_of(callee.value).isdisjoint(files.MODULE_NAMES)

    def _functions_named(self, callee: ast.Name) -> list[tuple[str, str]]:
        """Return the names that a function which is called by its name alone may have in its
        module, each with that module if the file imports it.
        """
        parts = [name.rpartition(".") for name in sorted(self._imports.meanings(callee))]
        return [(name, module) for module, _, name in parts]

    def _is_of_modules(self, name: str, module: str) -> bool:
        return name in MODULES_OF and (module in MODULES_OF[name] or name not in NAMED_ALIKE)

    def _is_of_files(self, name: str, module: str) -> bool:
        is_from_elsewhere = module not in files.MODULE_NAMES if module else name in self._defined
        return name in files.FUNCTION_NAMES and not is_from_elsewhere

    def _call_on_file(self, node: ast.Call, callee: ast.expr, name: str) -> ast.AST:
        return self._made_ready(node, "ready_file", callee, self._file_site(node, name, name))

    # -- all calls ---

    def _made_ready(self, node: ast.Call, helper: str, callee: ast.expr, *numbers: int) -> ast.Call:
        self._visit_arguments(node)
        ready = self._call(node, helper, callee, *numbers)
        ready.args += node.args
        ready.keywords = node.keywords
        return ast.copy_location(ast.Call(ready, [], []), node)

    def _file_site(self, node: ast.Call, name: str, label: str) -> int:
        """Enter a call; note what flows into the file if it is one that writes to a file."""
        flows = self._scope.flows if self._scope else None
        if flows is not None and name in (files.METHODS.keys() | MOVING):
            value, compared = self._stored(node)
            if name == "open" or name in MOVING:
                value = flows.into_file(node) | FOREIGN
            if value is not NOTHING and not (name == "open" and _appends(node)):
                self._pending[node] = (value, compared)
        return self._site(node, "call", name, label)

    def _visit_arguments(self, node: ast.Call) -> None:
        if not merges(node):
            node.args = [self._visit_expr(argument) for argument in node.args]
            node.keywords = [self.visit(keyword) for keyword in node.keywords]
            return
        node.args = [self._operand(argument) for argument in node.args]
        for keyword in node.keywords:
            if keyword.arg is None:
                self.visit(keyword)
            else:
                keyword.value = self._operand(keyword.value)

    def _has_inert_arguments(self, node: ast.Call) -> bool:
        return all(map(self._is_inert, arguments_of(node)))


def name_of(callee: ast.expr) -> str:
    """Return the last part of what is called."""
    if isinstance(callee, ast.Attribute):
        return callee.attr
    return callee.id if isinstance(callee, ast.Name) else ""


def arguments_of(node: ast.Call) -> list[ast.expr]:
    """Return all arguments of a call."""
    return [*node.args, *(keyword.value for keyword in node.keywords)]


def merges(node: ast.Call) -> bool:
    """Whether it is a method that goes through what it is given."""
    return isinstance(node.func, ast.Attribute) and node.func.attr in _MERGING


def has_stars(node: ast.Call) -> bool:
    """Whether arguments are unpacked: then what Python says of wrong ones names the callee."""
    return any(isinstance(argument, ast.Starred) for argument in node.args) or any(
        keyword.arg is None for keyword in node.keywords
    )


def _appends(opening: ast.Call) -> bool:
    """Whether a call of ``open`` says that it only appends, which overwrites nothing."""
    is_method = isinstance(opening.func, ast.Attribute) and opening.func.attr == "open"
    named = [keyword.value for keyword in opening.keywords if keyword.arg == "mode"]
    modes = named or opening.args[0 if is_method else 1 :][:1]
    return any(isinstance(m, ast.Constant) and str(m.value).startswith("a") for m in modes)
