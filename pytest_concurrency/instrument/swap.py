"""Hot swap: gives live functions instrumented code, and their own code back.

No module is executed again. Each file is parsed and compiled twice, as it is and instrumented;
functions are found by a walk over the objects that the garbage collector knows, and get the
instrumented counterpart of the code that equals theirs.
"""

from __future__ import annotations

import ast
import gc
import linecache
import sys
import sysconfig
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from inspect import CO_ITERABLE_COROUTINE
from types import CodeType, FunctionType
from typing import Any
from weakref import ref

from pytest_concurrency.instrument.augmented import IN_PLACE
from pytest_concurrency.instrument.internal import rewrite_internal
from pytest_concurrency.instrument.rewrite import rewrite
from pytest_concurrency.instrument.scope import Scope
from pytest_concurrency.runtime import (
    access,
    dynamic,
    foreign,
    functions,
    managers,
    marks,
    methods,
    namespaces,
    primitives,
    serials,
    steps,
)

_HELPERS: dict[str, Any] = {
    "@get": access.get_attr,
    "@set": access.set_attr,
    "@call_attr": methods.call_attr,
    "@item": access.item,
    "@item_keep": access.item_keep,
    "@kept_key": access.kept_key,
    "@slice": slice,
    "@whole": access.whole,
    "@steps": steps.steps,
    "@fresh_steps": steps.fresh_steps,
    "@started": steps.started,
    "@resumed": steps.resumed,
    "@mark": marks.mark,
    "@marked": marks.marked,
    "@has": access.has,
    "@contains": access.contains,
    "@call_method": methods.call_method,
    "@method_owner": methods.method_owner,
    "@bound_method": methods.bound_method,
    "@ready": methods.ready,
    "@ready_base": methods.ready_base,
    "@ready_file": methods.ready_file,
    "@globals": globals,
    "@get_global": access.get_global,
    "@set_global": access.set_global,
    "@get_cell": access.get_cell,
    "@set_cell": access.set_cell,
    "@dropped": serials.dropped,
    "@namespace_of": namespaces.namespace_of,
    "@ready_function": dynamic.ready_function,
    "@grown": functions.grown,
    "@matched": dynamic.matched,
    "@called": dynamic.called,
    "@ready_call": dynamic.ready_call,
    "@enter_with": managers.enter_with,
    "@sync_method": primitives.sync_method,
    **IN_PLACE,
}
_HAS_GENERATIONS = gc.get_threshold()[2] > 0 and not sysconfig.get_config_var("Py_GIL_DISABLED")
"""Not with the incremental collector that some versions of 3.14 had (its last threshold is 0)."""
_LOOKED_FOR = frozenset({FunctionType, set})
_NOT_OURS, _OURS, _INTERNAL = range(3)
_NESTING = 20_000
"""Python frames that rewriting may take: generated code has expressions nested thousands deep."""


@dataclass(frozen=True, slots=True)
class Swap:
    """One function and its two codes."""

    function: ref[FunctionType]
    """Weak: the program's functions, and what they hold, live no longer than without us."""
    original: CodeType
    instrumented: CodeType


class Unit:
    """The codes of one file: as they are, and instrumented."""

    def __init__(self, source: str, filename: str, *, asserts: bool, internal: bool) -> None:
        self._pairs: dict[tuple[str, int], list[tuple[CodeType, CodeType]]] = {}
        self._counterparts: dict[int, tuple[CodeType, CodeType | None]] = {}
        """What ``counterpart`` has found, by the identity of the code: comparing code is slow."""
        with _compiling():
            original = _compiled(_parsed(source, filename, asserts), filename)
            tree = _parsed(source, filename, asserts)
            tree = rewrite_internal(tree) if internal else rewrite(tree, filename)
            instrumented = _compiled(tree, filename)
        self._pair(original, instrumented)

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


_units: dict[str, tuple[tuple[str, bool, bool], Unit]] = {}


def _unit(source: str, filename: str, *, asserts: bool, internal: bool) -> Unit:
    """Compile a file once per process and version of its source, whoever asks."""
    wanted = (source, asserts, internal)
    made_from, unit = _units.get(filename, (None, None))
    if unit is None or made_from != wanted:
        unit = Unit(source, filename, asserts=asserts, internal=internal)
        _units[filename] = (wanted, unit)
    return unit


def _compiled(tree: ast.Module, filename: str) -> CodeType:
    return compile(tree, filename, "exec", dont_inherit=True)


def _parsed(source: str, filename: str, asserts: bool) -> ast.Module:
    tree = ast.parse(source, filename)
    if asserts:
        from _pytest.assertion.rewrite import rewrite_asserts

        rewrite_asserts(tree, source.encode(), filename)
    return tree


def _old_collections() -> tuple[int, ...]:
    """Return how often the older generations have been collected."""
    return tuple(entry["collections"] for entry in gc.get_stats()[1:])


def add_helpers(built_ins: dict[str, Any]) -> None:
    """Put what instrumented code calls among the built-ins that it finds.

    Not into the globals of modules, which programs look through. They stay: code may outlive the
    swap.
    """
    built_ins.update(_HELPERS)


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


class Instrumentation:
    """The instrumented counterparts of everything in a scope, swapped in and out together."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self._units: dict[str, Unit | str] = {}
        """By file name; a text says why there is none."""
        self._verdicts: dict[str, int] = {}
        """By file name: whose it is."""
        self._swaps: list[Swap] = []
        self._namespaces: dict[int, dict[str, Any]] = {}
        self._modules: set[str] = set()
        """The names of those that are not the standard library's."""
        self._registers: list[tuple[ref[set[CodeType]], set[CodeType]]] = []
        self._registered = 0
        self._collected: tuple[int, ...] = ()
        """Sets of code that the program keeps, and what belongs there while code is swapped in."""
        self.unmatched: dict[str, str] = {}
        """Functions in scope that stay as they are: name and reason."""

    def prepare(self) -> None:
        """Find every live function in scope and its counterpart. Cheap to repeat: files are
        compiled once."""
        objects = [obj for obj in self._new_objects() if type(obj) in _LOOKED_FOR]
        interactive = self._interactive()
        verdicts = self._verdicts
        for function in [obj for obj in objects if type(obj) is FunctionType]:
            # Tens of thousands, in a large project: most are somebody else's.
            filename = function.__code__.co_filename
            wanted = verdicts.get(filename)
            if wanted is None:
                wanted = verdicts[filename] = self._judge(filename)
            if wanted or function.__globals__ is interactive:
                self._prepare_one(function, filename, wanted == _INTERNAL)
        if len(self._swaps) != self._registered:
            self._registered = len(self._swaps)
            known = [found for register, _ in self._registers if (found := register()) is not None]
            self._registers = list(self._find_registers([*known, *objects]))
        foreign.note_instrumented(self._modules)

    def _new_objects(self) -> list[object]:
        """Return the objects among which there may be functions not looked at yet, and forget those
        that are gone.

        All that is new is young, unless an older generation has been collected meanwhile: then,
        and where there are no such generations, everything has to be looked at again.
        """
        before, self._collected = self._collected, _old_collections()
        young = [obj for n in (0, 1) for obj in gc.get_objects(n)] if _HAS_GENERATIONS else []
        if not (_HAS_GENERATIONS and before == self._collected == _old_collections()):
            self._swaps = []
            self.unmatched = {}
            return gc.get_objects()
        known: set[int] = set()
        still_right = []
        for swap in self._swaps:
            function = swap.function()
            if function is not None and function.__code__ is swap.original:
                still_right.append(swap)
                known.add(id(function))
        self._swaps = still_right
        return [obj for obj in young if id(obj) not in known]

    def _find_registers(
        self, objects: list[object]
    ) -> Iterator[tuple[ref[set[CodeType]], set[CodeType]]]:
        """Find where the program notes down the code of functions, to know their frames later.

        Template engines do so, to leave their own frames out of tracebacks.
        """
        registers = {id(obj): obj for obj in objects if type(obj) is set}
        for register in registers.values():
            if type(next(iter(register), None)) is CodeType:
                swapped = {s.instrumented for s in self._swaps if s.original in register}
                yield ref(register), swapped - register

    def _judge(self, filename: str) -> int:
        if self.scope.is_internal(filename):
            return _INTERNAL
        return _OURS if self.scope.wants(filename) else _NOT_OURS

    def _interactive(self) -> dict[str, Any] | None:
        """Return where the cells of a notebook and the lines of a session live: in no folder."""
        return vars(sys.modules["__main__"]) if self.scope.with_main else None

    def _prepare_one(self, function: FunctionType, filename: str, internal: bool) -> None:
        if filename not in self._units:
            self._units[filename] = self._compile(function, filename, internal)
        unit = self._units[filename]
        instrumented = None if isinstance(unit, str) else unit.counterpart(function.__code__)
        if instrumented is not None:
            self._swaps.append(Swap(ref(function), function.__code__, instrumented))
            if id(function.__globals__) not in self._namespaces:
                self._add_namespace(function, internal)
        elif not internal:
            reason = unit if isinstance(unit, str) else "its source has changed or is not its own"
            self.unmatched[f"{function.__module__}.{function.__qualname__}"] = reason

    def _compile(self, function: FunctionType, filename: str, internal: bool) -> Unit | str:
        namespace = function.__globals__
        source = "".join(linecache.getlines(filename, namespace))
        if not source:
            return "no source"
        asserts = "@pytest_ar" in namespace and not internal
        try:
            return _unit(source, filename, asserts=asserts, internal=internal)
        except (SyntaxError, ValueError):
            return "its file is not Python source"
        except (RecursionError, MemoryError):
            return "its file is nested too deeply"

    def _add_namespace(self, function: FunctionType, internal: bool) -> None:
        namespace = function.__globals__
        self._namespaces[id(namespace)] = namespace
        typeshed_forgets: Any = function
        add_helpers(typeshed_forgets.__builtins__)
        if not internal:
            self._modules.add(str(namespace.get("__name__")))

    @property
    def counts(self) -> tuple[int, int]:
        """Functions instrumented, functions seen (both without the standard library's)."""
        done = sum(not self.scope.is_internal(swap.original.co_filename) for swap in self._swaps)
        return done, done + len(self.unmatched)

    @property
    def left_alone(self) -> tuple[str, ...]:
        """The functions seen that stay as they are, each with the reason."""
        return tuple(f"{name} ({reason})" for name, reason in sorted(self.unmatched.items()))

    @property
    def namespaces(self) -> list[dict[str, Any]]:
        """The globals of every instrumented function."""
        return list(self._namespaces.values())

    def swap_in(self) -> None:
        """Give every function its instrumented code."""
        foreign.note_instrumented(self._modules)
        for swap in self._swaps:
            function = swap.function()
            if function is not None:
                function.__code__ = swap.instrumented
        for register, swapped in self._living_registers():
            register |= swapped

    def swap_out(self) -> None:
        """Give every function its own code back."""
        for swap in self._swaps:
            function = swap.function()
            if function is not None:
                function.__code__ = swap.original
        for register, swapped in self._living_registers():
            register -= swapped

    def _living_registers(self) -> Iterator[tuple[set[CodeType], set[CodeType]]]:
        for known, swapped in self._registers:
            register = known()
            if register is not None:
                yield register, swapped

    @contextmanager
    def swapped(self) -> Iterator[None]:
        """Run a block on instrumented code."""
        self.swap_in()
        try:
            yield
        finally:
            self.swap_out()
