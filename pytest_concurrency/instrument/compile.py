"""Compiles a file twice: as it is, and instrumented. The two are matched function by function."""

from __future__ import annotations

import ast
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from inspect import CO_ITERABLE_COROUTINE
from types import CodeType

from pytest_concurrency._compat import parsed
from pytest_concurrency.instrument.rewriting.internal import rewrite_internal
from pytest_concurrency.instrument.rewriting.numbers import entered
from pytest_concurrency.instrument.rewriting.rewrite import rewrite
from pytest_concurrency.instrument.stored import Compiled, StoredCode, Wanted

_NESTING = 20_000
"""Python frames that rewriting may take: generated code has expressions nested thousands deep."""


class Unit:
    """The codes of one file: as they are, and instrumented."""

    def __init__(self, compiled: Compiled) -> None:
        self._pairs: dict[tuple[str, int], list[tuple[CodeType, CodeType]]] = {}
        self._counterparts: dict[int, tuple[CodeType, CodeType | None]] = {}
        """What ``counterpart`` has found, by the identity of the code: comparing code is slow."""
        original, instrumented, sites, meanings = compiled
        self._pair(original, entered(instrumented, sites, meanings))

    def _pair(self, original: CodeType, instrumented: CodeType) -> None:
        """Walk both trees of code at once: rewriting keeps the order in which functions are
        defined."""
        for old, new in zip(_inner(original), _inner(instrumented), strict=True):
            key = (old.co_qualname, old.co_firstlineno)
            self._pairs.setdefault(key, []).append((old, new))
            self._pair(old, new)

    def counterpart(self, code: CodeType) -> CodeType | None:
        """Return the instrumented counterpart of ``code``, None if the source is not what it was
        made from."""
        known = self._counterparts.get(id(code))
        if known is not None and known[0] is code:
            return known[1]
        found = self._match(code)
        self._counterparts[id(code)] = (code, found)
        return found

    def _match(self, code: CodeType) -> CodeType | None:
        # A flag that no source has: ``types.coroutine`` sets it later.
        awaitable = code.co_flags & CO_ITERABLE_COROUTINE
        compiled = code.replace(co_flags=code.co_flags ^ awaitable) if awaitable else code
        for old, new in self._pairs.get((code.co_qualname, code.co_firstlineno), ()):
            if old == compiled and new.co_freevars == code.co_freevars:
                return new.replace(co_flags=new.co_flags | awaitable) if awaitable else new
        return None


def _inner(code: CodeType) -> list[CodeType]:
    """Return the codes defined in ``code``, without those that only hold a closure cell."""
    codes = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return [inner for inner in codes if inner.co_varnames[:1] != ("@cell",)]


_units: dict[str, tuple[Wanted, Unit]] = {}


def unit_of(wanted: Wanted, stored: StoredCode | None = None) -> Unit:
    """Compile a file once per process and version of its source, whoever asks, and once for all
    processes if it can be ``stored``.

    Raises SyntaxError, ValueError, RecursionError or MemoryError if it cannot be compiled.
    """
    made_from, unit = _units.get(wanted.filename, (None, None))
    if unit is None or made_from != wanted:
        known = stored.load(wanted) if stored is not None else None
        compiled = known or compile_both(wanted)
        if stored is not None and known is None:
            stored.store(wanted, compiled)
        unit = Unit(compiled)
        _units[wanted.filename] = (wanted, unit)
    return unit


def compile_both(wanted: Wanted) -> Compiled:
    """Compile a file as it is, and instrumented."""
    with _compiling():
        tree = _parsed(wanted)
        original = _code_of(tree, wanted.filename)
        if wanted.internal:
            return Compiled(original, _code_of(rewrite_internal(tree), wanted.filename))
        tree, sites, meanings = rewrite(tree, wanted.filename)
        instrumented = _code_of(tree, wanted.filename)
    return Compiled(original, instrumented, tuple(sites), tuple(meanings))


def _code_of(tree: ast.Module, filename: str) -> CodeType:
    return compile(tree, filename, "exec", dont_inherit=True)


def _parsed(wanted: Wanted) -> ast.Module:
    tree = parsed(wanted.source, wanted.filename)
    if wanted.asserts:
        from pytest_concurrency._pytest_compat import rewrite_asserts

        rewrite_asserts(tree, wanted.source.encode(), wanted.filename)
    return tree


@contextmanager
def _compiling() -> Iterator[None]:
    """Allow deep recursion; do not repeat the warnings that the source gave when it was
    imported."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _NESTING))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        sys.setrecursionlimit(limit)
