"""Rewrites calls and ``with``: methods of containers and locks, functions on files, whatever looks
at a whole container.

A point must come right before the call, after the arguments. Where evaluating these touches nothing
shared, it is made on the way to the method; otherwise the call is made ready first::

    obj.append(x)             ->  @call_method(obj, "append", 3).append(x)
    obj.append(f())           ->  @ready(@method_owner(obj, "append", 3).append, 3, f())()

What ``@ready`` returns is a ``functools.partial``: C code, no frame between the caller and a method
written in Python.
"""

from __future__ import annotations

import ast

from pytest_concurrency.instrument.augmented import Augmented
from pytest_concurrency.runtime import files
from pytest_concurrency.runtime.primitives import LOCK_METHODS
from pytest_concurrency.runtime.shapes import KEYED, METHOD_NAMES

_ALL_ARGUMENTS = {
    **dict.fromkeys(("len", "sorted", "list", "tuple", "set", "frozenset", "dict"), slice(0, 1)),
    **dict.fromkeys(("sum", "min", "max", "any", "all", "iter", "enumerate"), slice(0, 1)),
    "reversed": slice(0, 1),
    "zip": slice(0, None),
    "map": slice(1, None),
    "filter": slice(1, None),
}
"""Built-in functions that go through containers, and which of their arguments."""
_FRESH = frozenset({"range", "enumerate", "zip", "map", "filter", "reversed", "sorted", "iter"})
"""Functions that return something new, which nobody else knows yet."""
_PATH_ARGUMENTS = frozenset({"open", "rename", "replace"})
"""Methods of ``pathlib.Path`` whose effect depends on their arguments."""


class Calls(Augmented):
    """Calls, ``with``, iteration and ``in``."""

    def visit_Call(self, node: ast.Call) -> ast.AST:  # noqa: D102, N802
        callee = node.func
        if self._scope is None:
            return self.generic_visit(node)
        if isinstance(callee, ast.Name):
            return self._call_of_name(node, callee)
        if not isinstance(callee, ast.Attribute) or not self._is_shared_object(callee.value):
            return self.generic_visit(node)
        if self._is_file_function(callee) and not _has_stars(node):
            return self._call_on_file(node, self._visit_expr(callee), callee.attr)
        is_known = callee.attr in METHOD_NAMES and callee.attr not in LOCK_METHODS
        if is_known and not _is_text_replace(node, callee):
            return self._call_of_known_method(node, callee)
        label = self._label(callee.value)
        callee.value = self._visit_expr(callee.value)
        if callee.attr in LOCK_METHODS:
            number = self._site(node, "call", "", label)
            node.func = self._call(callee, "sync_method", callee, number)
        else:
            name = self._mangled(callee.attr)
            number = self._site(callee, "read", name, f"{label}.{name}")
            callee.value = self._call(callee, "call_attr", callee.value, name, number)
        self._visit_arguments(node)
        return node

    def _visit_arguments(self, node: ast.Call) -> None:
        node.args = [self._visit_expr(argument) for argument in node.args]
        for keyword in node.keywords:
            keyword.value = self._visit_expr(keyword.value)

    # -- methods of containers, primitives and paths --------------------------------------

    def _call_of_known_method(self, node: ast.Call, callee: ast.Attribute) -> ast.AST:
        label = self._label(callee.value)
        owner = self._visit_expr(callee.value)
        arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
        inert = all(self._is_inert(argument) for argument in arguments)
        keyed = bool(node.args) and callee.attr in KEYED
        plain_key = keyed and self._is_plain(node.args[0])
        needs_arguments = callee.attr in _PATH_ARGUMENTS or (keyed and not plain_key)
        if not _has_stars(node) and (needs_arguments or not inert):
            return self._ready_method(node, callee, owner, label)
        number = self._file_site(node, callee.attr, label)
        key = node.args[:1] if plain_key else []
        self._visit_arguments(node)
        callee.value = self._call(callee, "call_method", owner, callee.attr, number, *key)
        return node

    def _ready_method(
        self, node: ast.Call, callee: ast.Attribute, owner: ast.expr, label: str
    ) -> ast.AST:
        number = self._file_site(node, callee.attr, label)
        callee.value = self._call(callee, "method_owner", owner, callee.attr, number)
        return self._made_ready(node, "ready", callee, number)

    # -- functions ------------------------------------------------------------------------

    def _call_of_name(self, node: ast.Call, callee: ast.Name) -> ast.AST:
        if callee.id.startswith("@py_assert"):
            # pytest's assertion rewriting takes ``assert q.get()`` apart: method, arguments, call.
            number = self._site(node, "call", "", self._label(callee))
            self.generic_visit(node)
            node.func = self._call(callee, "bound_method", callee, number)
            return node
        if callee.id == "open" and self._is_global_name("open") and not _has_stars(node):
            return self._call_on_file(node, callee, "open")
        labels = [self._label(argument) for argument in node.args]
        self.generic_visit(node)
        looked_at = _ALL_ARGUMENTS.get(callee.id)
        if looked_at is not None and self._is_global_name(callee.id):
            pairs = list(zip(node.args, labels, strict=True))[looked_at]
            node.args[looked_at] = [self._whole(argument, label) for argument, label in pairs]
        return node

    def _is_file_function(self, callee: ast.Attribute) -> bool:
        return (
            callee.attr in files.FUNCTION_NAMES
            and isinstance(callee.value, ast.Name)
            and callee.value.id in files.MODULE_NAMES
            and self._is_global_name(callee.value.id)
        )

    def _call_on_file(self, node: ast.Call, callee: ast.expr, name: str) -> ast.AST:
        return self._made_ready(node, "ready_file", callee, self._file_site(node, name, name))

    def _made_ready(self, node: ast.Call, helper: str, callee: ast.expr, number: int) -> ast.Call:
        self._visit_arguments(node)
        ready = self._call(node, helper, callee, number)
        ready.args += node.args
        ready.keywords = node.keywords
        return ast.copy_location(ast.Call(ready, [], []), node)

    def _file_site(self, node: ast.Call, name: str, label: str) -> int:
        """Enter a call; note what flows into the file if it is one that writes to a file."""
        flows = self._scope.flows if self._scope else None
        if flows is not None and name in files.METHODS:
            reads = flows.into_file(node) if name == "open" else flows.into(node)
            if reads and not (name == "open" and _appends(node)):
                self._pending[node] = reads
        return self._site(node, "call", name, label)

    # -- containers as a whole --------------------------------------------------------------

    def visit_For(self, node: ast.For) -> ast.AST | list[ast.AST]:  # noqa: D102, N802
        label = self._label(node.iter)
        visited = super().visit_For(node)
        if self._scope is not None:
            node.iter = self._whole(node.iter, label)
        return visited

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:  # noqa: D102
        label = self._label(node.iter)
        self.generic_visit(node)
        if self._scope is not None and not node.is_async:
            node.iter = self._whole(node.iter, label)
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:  # noqa: D102, N802
        if self._scope is None or not any(isinstance(op, (ast.In, ast.NotIn)) for op in node.ops):
            return self.generic_visit(node)
        labels = [self._label(part) for part in node.comparators]
        self.generic_visit(node)
        if len(node.ops) == 1 and not self._is_plain(node.left):
            return self._contains(node, labels[0])
        left = node.left
        for position, (op, right) in enumerate(zip(node.ops, node.comparators, strict=True)):
            if isinstance(op, (ast.In, ast.NotIn)) and _may_be_shared(right):
                number = self._new_site(right, "read", "", labels[position])
                node.comparators[position] = (
                    self._call(right, "has", right, left, number)
                    if self._is_plain(left)
                    else self._call(right, "whole", right, number)
                )
            left = right
        return node

    def _contains(self, node: ast.Compare, label: str) -> ast.AST:
        right = node.comparators[0]
        if not _may_be_shared(right):
            return node
        number = self._new_site(right, "read", "", label)
        ready = self._call(node, "contains", node.left, right, number)
        call: ast.expr = ast.copy_location(ast.Call(ready, [], []), node)
        if isinstance(node.ops[0], ast.NotIn):
            call = ast.copy_location(ast.UnaryOp(ast.Not(), call), node)
        return call

    def _whole(self, node: ast.expr, label: str) -> ast.expr:
        if not _may_be_shared(node):
            return node
        return self._call(node, "whole", node, self._new_site(node, "read", "", label))

    # -- with -------------------------------------------------------------------------------

    def visit_With(self, node: ast.With) -> ast.AST | list[ast.AST]:  # noqa: D102, N802
        if self._scope is None:
            return self.generic_visit(node)
        before = self._points([item.optional_vars for item in node.items if item.optional_vars])
        for item in node.items:
            label = self._label(item.context_expr)
            manager = self._visit_expr(item.context_expr)
            number = self._new_site(item.context_expr, "acquire", "", label)
            item.context_expr = self._call(manager, "enter_with", manager, number)
            item.optional_vars = item.optional_vars and self.visit(item.optional_vars)
        node.body = self._visit_body(node.body)
        return [*before, node] if before else node


def _has_stars(node: ast.Call) -> bool:
    """Whether arguments are unpacked: then what Python says of wrong ones names the callee."""
    return any(isinstance(argument, ast.Starred) for argument in node.args) or any(
        keyword.arg is None for keyword in node.keywords
    )


def _is_text_replace(node: ast.Call, callee: ast.Attribute) -> bool:
    """Whether it is ``replace`` of a string, not of a path."""
    return callee.attr == "replace" and len(node.args) > 1


def _appends(opening: ast.Call) -> bool:
    """Whether a call of ``open`` says that it only appends, which overwrites nothing."""
    is_method = isinstance(opening.func, ast.Attribute) and opening.func.attr == "open"
    named = [keyword.value for keyword in opening.keywords if keyword.arg == "mode"]
    modes = named or opening.args[0 if is_method else 1 :][:1]
    return any(isinstance(m, ast.Constant) and str(m.value).startswith("a") for m in modes)


def _may_be_shared(node: ast.expr) -> bool:
    """Whether ``node`` may give a container that other threads know."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id not in _FRESH
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        owner = node.func.value
        return not (isinstance(owner, ast.Name) and owner.id.startswith("@py"))
    return isinstance(node, (ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.BoolOp))
