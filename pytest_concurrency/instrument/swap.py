"""Hot swap: gives live functions instrumented code, and their own code back.

No module is executed again. Each file is parsed and compiled once; functions are found by a walk over the objects
that the garbage collector knows, and matched to the new code by qualified name, first line and order.
"""

from __future__ import annotations

import ast
import gc
import linecache
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from types import CodeType, FunctionType
from typing import Any

from pytest_concurrency.instrument.internal import rewrite_internal
from pytest_concurrency.instrument.rewrite import rewrite
from pytest_concurrency.instrument.scope import Scope
from pytest_concurrency.runtime import access, primitives, shapes

_Key = tuple[str, int]

_HELPERS: dict[str, Any] = {
    "@get": access.get_attr,
    "@set": access.set_attr,
    "@call_attr": access.call_attr,
    "@item": access.item,
    "@item_keep": access.item_keep,
    "@kept_key": access.kept_key,
    "@slice": slice,
    "@call_method": access.call_method,
    "@call_method_then": access.call_method_then,
    "@then": access.then,
    "@enter_with": primitives.enter_with,
    "@sync_method": primitives.sync_method,
}


@dataclass(frozen=True, slots=True)
class Swap:
    """One live function and its two codes."""

    function: FunctionType
    original: CodeType
    instrumented: CodeType


class _Unit:
    """The instrumented codes of one file."""

    def __init__(self, source: str, filename: str, *, asserts: bool, internal: bool) -> None:
        self.found: dict[_Key, list[CodeType]] = {}
        self.originals: dict[_Key, list[CodeType]] = {}
        tree = _parsed(source, filename, asserts)
        if internal:
            tree = rewrite_internal(tree)
        else:
            tree = rewrite(tree, filename)
        _collect(compile(tree, filename, "exec", dont_inherit=True), self.found)
        if any(len(codes) > 1 for codes in self.found.values()):
            original = compile(_parsed(source, filename, asserts), filename, "exec", 0, True)
            _collect(original, self.originals)

    def match(self, code: CodeType) -> CodeType | None:
        """Return the instrumented counterpart of ``code``, None if there is none for sure."""
        key = (code.co_qualname, code.co_firstlineno)
        codes = self.found.get(key, [])
        if len(codes) > 1:
            # The same name on the same line, lambdas for example: told apart by what they do.
            twins = self.originals.get(key, [])
            codes = [new for new, old in zip(codes, twins, strict=False) if old == code][:1]
        if not codes or codes[0].co_freevars != code.co_freevars:
            return None
        return codes[0]


def _parsed(source: str, filename: str, asserts: bool) -> ast.Module:
    tree = ast.parse(source, filename)
    if asserts:
        from _pytest.assertion.rewrite import rewrite_asserts

        rewrite_asserts(tree, source.encode(), filename)
    return tree


def _collect(code: CodeType, into: dict[_Key, list[CodeType]]) -> None:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            into.setdefault((constant.co_qualname, constant.co_firstlineno), []).append(constant)
            _collect(constant, into)


class Instrumentation:
    """The instrumented counterparts of everything in a scope, swapped in and out together."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self._units: dict[str, _Unit | None] = {}
        self._swaps: list[Swap] = []
        self._namespaces: dict[int, dict[str, Any]] = {}
        self.unmatched: dict[str, str] = {}
        """Functions in scope that stay as they are: name and reason."""

    def prepare(self) -> None:
        """Find every live function in scope and its counterpart. Cheap to repeat: files are compiled once."""
        self._swaps = []
        for function in [obj for obj in gc.get_objects() if type(obj) is FunctionType]:
            filename = function.__code__.co_filename
            internal = self.scope.is_internal(filename)
            if internal or self.scope.wants(filename):
                self._prepare_one(function, filename, internal)

    def _prepare_one(self, function: FunctionType, filename: str, internal: bool) -> None:
        if filename not in self._units:
            self._units[filename] = self._compile(function, filename, internal)
        unit = self._units[filename]
        instrumented = unit.match(function.__code__) if unit is not None else None
        if instrumented is not None:
            self._swaps.append(Swap(function, function.__code__, instrumented))
            namespace = function.__globals__
            if id(namespace) not in self._namespaces:
                self._add_namespace(namespace, internal)
        elif not internal:
            reason = "no source" if unit is None else "no counterpart in the source"
            self.unmatched[f"{function.__module__}.{function.__qualname__}"] = reason

    def _compile(self, function: FunctionType, filename: str, internal: bool) -> _Unit | None:
        namespace = function.__globals__
        source = "".join(linecache.getlines(filename, namespace))
        if not source:
            return None
        asserts = "@pytest_ar" in namespace
        try:
            return _Unit(source, filename, asserts=asserts, internal=internal)
        except SyntaxError:
            return None  # not the source that was imported

    def _add_namespace(self, namespace: dict[str, Any], internal: bool) -> None:
        self._namespaces[id(namespace)] = namespace
        namespace.update(_HELPERS)
        if not internal:
            namespace["@get_global"] = partial(access.get_global, namespace)
            namespace["@set_global"] = partial(access.set_global, namespace)
            shapes.INSTRUMENTED_MODULES.add(str(namespace.get("__name__")))

    @property
    def counts(self) -> tuple[int, int]:
        """Functions instrumented, functions seen (both without the standard library's)."""
        done = sum(not self.scope.is_internal(swap.original.co_filename) for swap in self._swaps)
        return done, done + len(self.unmatched)

    @property
    def namespaces(self) -> list[dict[str, Any]]:
        """The globals of every instrumented function."""
        return list(self._namespaces.values())

    def swap_in(self) -> None:
        """Give every function its instrumented code."""
        for swap in self._swaps:
            swap.function.__code__ = swap.instrumented

    def swap_out(self) -> None:
        """Give every function its own code back."""
        for swap in self._swaps:
            swap.function.__code__ = swap.original

    @contextmanager
    def swapped(self) -> Iterator[None]:
        """Run a block on instrumented code."""
        self.swap_in()
        try:
            yield
        finally:
            self.swap_out()
