"""Rewrites calls and ``with``: methods of containers and locks, functions on files and attributes,
functions that go through containers, calls through variables.

A point must come right before the call, after the arguments. Where evaluating these touches nothing
shared, it is made on the way to the method; otherwise the call is made ready first::

    obj.append(x)             ->  @call_method(obj, "append", 3).append(x)
    obj.append(f())           ->  @ready(@method_owner(obj, "append", 3).append, 3, f())()
    getattr(obj, name)        ->  @ready_function(getattr, 4, obj, name)()
    append(x)                 ->  @called(append, 5, x)(x)        if "append" may hold anything
    stack.enter_context(lock) ->  @enter_context(stack.enter_context, 6, 7, lock)()

What ``@ready`` returns is a ``functools.partial``: C code, no frame between the caller and a method
written in Python.
"""

from __future__ import annotations

import ast
import copy
from dataclasses import replace

from pytest_concurrency.instrument.rewriting.function_calls import (
    FunctionCalls,
    arguments_of,
    has_stars,
    merges,
    name_of,
)
from pytest_concurrency.runtime.effects import outside
from pytest_concurrency.runtime.effects.containers import (
    CONTAINER_METHODS,
    CONTAINERS,
    KEYED,
    METHOD_NAMES,
)
from pytest_concurrency.runtime.helpers.blocking.stand_ins import LOCK_METHODS
from pytest_concurrency.runtime.helpers.functions import MODULES_OF, SLOT_EFFECTS

_ALL_ARGUMENTS = {
    **dict.fromkeys(("len", "bool", "sorted", "list", "tuple", "set", "frozenset"), slice(0, 1)),
    **dict.fromkeys(("sum", "min", "max", "any", "all", "iter", "enumerate"), slice(0, 1)),
    **dict.fromkeys(("dict", "reversed", "str", "repr", "bytes", "bytearray"), slice(0, 1)),
    **dict.fromkeys(("ascii", "format"), slice(0, 1)),
    "print": slice(0, None),
    "zip": slice(0, None),
    "map": slice(1, None),
    "filter": slice(1, None),
}
"""Built-in functions that go through containers, and which of their arguments."""
_TESTING = frozenset({"all", "any"})
"""Those that ask for the truth value of each thing that they go through."""
_CALLING = frozenset({"filter", "map"})
_SORTING = frozenset({"max", "min", "sorted"})
"""Those that call what they are given for each thing: first, and as ``key``."""
_BASES = frozenset(base.__name__ for base in CONTAINERS)
_PATH_ARGUMENTS = frozenset({"open", "rename", "replace"})
"""Methods of ``pathlib.Path`` whose effect depends on their arguments."""


class Calls(FunctionCalls):
    """Calls and ``with``."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Precede a call of what touches something shared."""
        callee = node.func
        if self._scope is None:
            return self.generic_visit(node)
        if name_of(callee) in outside.NAMES and not has_stars(node):
            return self._made_ready_for_others(node, callee)
        if isinstance(callee, ast.Name):
            return self._call_of_name(node, callee)
        if not isinstance(callee, ast.Attribute):
            return self._call_of_value(node)
        if self._is_function_on_attributes(callee) and not has_stars(node):
            label = "os.environ" if callee.attr == "getenv" else self._label(callee.value)
            if callee.attr not in SLOT_EFFECTS:
                known = self._modules_of(callee.value) & MODULES_OF[callee.attr]
                label = self._label_of_argument(node, callee.attr, min(known), label)
            return self._call_of_function(node, self._visit_expr(callee), label)
        if self._is_method_of_base(callee):
            is_unbound = isinstance(callee.value, ast.Name) and bool(node.args)
            label = self._label(node.args[0] if is_unbound else ast.Name("self", ast.Load()))
            if has_stars(node):
                return self.generic_visit(node)
            self.generic_visit(callee)
            number = self._site(node, "call", callee.attr, label)
            return self._made_ready(node, "ready_base", callee, number)
        if callee.attr == "enter_context" and not has_stars(node):
            return self._call_entering(node, callee)
        if not self._is_shared_object(callee.value):
            node.func = self._visit_expr(callee)
            self._visit_arguments(node)
            return node
        if self._is_file_function(callee) and not has_stars(node):
            return self._call_on_file(node, self._visit_expr(callee), callee.attr)
        is_known = callee.attr in METHOD_NAMES and callee.attr not in LOCK_METHODS
        if callee.attr == "join" and isinstance(callee.value, ast.Constant):
            self._visit_arguments(node)
            return node
        if is_known and not _is_text_replace(node, callee):
            return self._call_of_known_method(node, callee)
        label = self._label(callee.value)
        callee.value = self._visit_expr(callee.value)
        if callee.attr in LOCK_METHODS:
            number = self._site(node, "call", callee.attr, label)
            node.func = self._call(callee, "sync_method", callee, number)
            self._visit_arguments(node)
            return node
        return self._call_of_other_method(node, callee, label)

    def _call_of_other_method(self, node: ast.Call, callee: ast.Attribute, label: str) -> ast.AST:
        name = self._mangled(callee.attr)
        number = self._site(callee, "read", name, f"{label}.{callee.attr}")
        # What the file defines itself is most likely seen inside: it needs no point of its own.
        if callee.attr in self._defined or has_stars(node) or self._has_inert_arguments(node):
            callee.value = self._call(callee, "call_attr", callee.value, name, number)
            self._visit_arguments(node)
            return node
        callee.value = self._call(callee, "method_owner", callee.value, name, number)
        number = self._new_site(node, "call", callee.attr, label)
        return self._made_ready(node, "ready", callee, number)

    def _is_method_of_base(self, callee: ast.Attribute) -> bool:
        """Whether a class calls a method as a base class has it."""
        if isinstance(callee.value, ast.Name):
            name = callee.value.id
            is_class = name in _BASES and self._is_global_name(name)
            return is_class and not self._is_variable(name) and callee.attr in CONTAINER_METHODS
        function = callee.value.func if isinstance(callee.value, ast.Call) else None
        is_super = isinstance(function, ast.Name) and function.id == "super"
        return is_super and (callee.attr in CONTAINER_METHODS or not callee.attr.startswith("__"))

    # -- methods of containers, primitives and paths --------------------------------------

    def _call_of_known_method(self, node: ast.Call, callee: ast.Attribute) -> ast.AST:
        label = self._label(callee.value)
        owner = self._visit_expr(callee.value)
        inert = self._has_inert_arguments(node)
        if merges(node) and any(map(self._may_hold_container, node.args)):
            inert = False
        keyed = bool(node.args) and callee.attr in KEYED
        plain_key = keyed and self._is_plain(node.args[0])
        needs_arguments = callee.attr in _PATH_ARGUMENTS or (keyed and not plain_key)
        if not has_stars(node) and (needs_arguments or not inert):
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
            return self._call_in_assert(node, callee)
        if callee.id == "vars" and self._is_global_name("vars") and len(node.args) == 1:
            self.generic_visit(node)
            node.args = [self._call(node, "namespace_of", node.args[0])]
            return node
        if self._is_global_name(callee.id) and not has_stars(node):
            functions = self._functions_named(callee)
            for name, module in [each for each in functions if self._is_of_modules(*each)]:
                label = self._label_of_argument(node, name, module, callee.id)
                return self._call_of_function(node, callee, label)
            for name, _ in [each for each in functions if self._is_of_files(*each)]:
                return self._call_on_file(node, callee, name)
        if self._is_variable(callee.id):
            return self._call_of_value(node)
        if callee.id in _TESTING and self._is_global_name(callee.id):
            for argument in node.args:
                self._test_parts(argument)
        labels = [self._label(argument) for argument in node.args]
        named = {keyword.arg: self._label(keyword.value) for keyword in node.keywords}
        given = self._label_of_given(node, callee.id) if self._is_global_name(callee.id) else ""
        self.generic_visit(node)
        if given:
            self._note_given(node, given)
        looked_at = _ALL_ARGUMENTS.get(callee.id)
        if looked_at is not None and self._is_global_name(callee.id):
            pairs = list(zip(node.args, labels, strict=True))[looked_at]
            node.args[looked_at] = [self._whole(argument, label) for argument, label in pairs]
        if callee.id == "print" and self._is_global_name("print"):
            for keyword in [keyword for keyword in node.keywords if keyword.arg == "file"]:
                file = keyword.value
                number = self._new_site(file, "call", "write", named["file"])
                keyword.value = self._call(file, "call_method", file, "write", number)
        return node

    def _label_of_given(self, node: ast.Call, name: str) -> str:
        """Name the object whose method C code is to call for each thing; empty if there is none."""
        given: list[ast.expr] = []
        if name in _CALLING:
            given = node.args[:1]
        elif name in _SORTING:
            given = [keyword.value for keyword in node.keywords if keyword.arg == "key"]
        if not given or isinstance(given[0], (ast.Lambda, ast.Constant, ast.Starred)):
            return ""
        return self._label(given[0].value if isinstance(given[0], ast.Attribute) else given[0])

    def _note_given(self, node: ast.Call, label: str) -> None:
        """Let that method pass its point each time."""
        number = self._new_site(node, "call", "", label)
        for keyword in [keyword for keyword in node.keywords if keyword.arg == "key"]:
            keyword.value = self._call(node, "given", keyword.value, number)
            return
        node.args[0] = self._call(node, "given", node.args[0], number)

    def _call_in_assert(self, node: ast.Call, callee: ast.Name) -> ast.AST:
        number = self._site(node, "call", "", self._label(callee))
        given = copy.deepcopy(node)  # as it is: its arguments are variables, read once more
        self.generic_visit(node)
        node.func = asserted = self._call(callee, "asserted", callee, number)
        if not has_stars(given) and all(map(_is_variable, arguments_of(given))):
            asserted.args += given.args
            asserted.keywords = given.keywords
        return node

    # -- calls through variables ------------------------------------------------------------

    def _is_variable(self, name: str) -> bool:
        """Whether ``name`` may hold a bound method, as far as the function shows."""
        is_receiver = name in ("self", "cls")
        return self._scope is not None and name in self._scope.variables and not is_receiver

    def _call_of_value(self, node: ast.Call) -> ast.AST:
        """Rewrite the call of something that a variable, an item or another call gave."""
        label = self._label(node.func)
        inert = self._has_inert_arguments(node)
        first = node.args[:1] if node.args and self._is_plain(node.args[0]) else []
        node.func = self._visit_expr(node.func)
        number = self._site(node, "call", "", label)
        self._sites[number] = replace(self._sites[number], is_bound=True)
        if not inert and not has_stars(node):
            return self._made_ready(node, "ready_call", node.func, number)
        self._visit_arguments(node)
        node.func = self._call(node.func, "called", node.func, number, *first)
        return node

    # -- with -------------------------------------------------------------------------------

    def visit_With(self, node: ast.With) -> ast.AST | list[ast.AST]:
        """Let locks be taken and released under the scheduler."""
        if self._scope is None:
            return self.generic_visit(node)
        before = self._points([item.optional_vars for item in node.items if item.optional_vars])
        for item in node.items:
            label = self._label(item.context_expr)
            manager = self._visit_expr(item.context_expr)
            number = self._new_site(item.context_expr, "acquire", "", label)
            leaving = self._new_site(item.context_expr, "release", "", label)
            item.context_expr = self._call(manager, "enter_with", manager, number, leaving)
            item.optional_vars = item.optional_vars and self.visit(item.optional_vars)
        node.body = self._visit_body(node.body)
        return [*before, node] if before else node

    def _call_entering(self, node: ast.Call, callee: ast.Attribute) -> ast.AST:
        """Do the same for what a stack of context managers enters, and leaves at its own end."""
        label = self._label(node.args[0]) if node.args else ""
        callee.value = self._visit_expr(callee.value)
        number = self._new_site(node, "acquire", "", label)
        leaving = self._new_site(node, "release", "", label)
        return self._made_ready(node, "enter_context", callee, number, leaving)


def _is_variable(node: ast.expr) -> bool:
    return isinstance(node, ast.Name | ast.Constant)


def _is_text_replace(node: ast.Call, callee: ast.Attribute) -> bool:
    """Whether it is ``replace`` of a string, not of a path."""
    return callee.attr == "replace" and len(node.args) > 1
