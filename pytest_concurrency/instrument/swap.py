"""Hot swap: gives live functions instrumented code, and their own code back.

No module is executed again. Each file is parsed and compiled twice, as it is and instrumented;
functions are found by a walk over the objects that the garbage collector knows, and get the
instrumented counterpart of the code that equals theirs.
"""

from __future__ import annotations

import gc
import linecache
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import compress, repeat
from operator import attrgetter, is_, not_, or_
from types import CodeType, FunctionType
from typing import Any, NamedTuple
from weakref import ref

from pytest_concurrency.instrument.compile import Unit, unit_of
from pytest_concurrency.instrument.living import AGEING, Mark, everything
from pytest_concurrency.instrument.rewriting.augmented import IN_PLACE
from pytest_concurrency.instrument.scope import Scope
from pytest_concurrency.instrument.stored import StoredCode, Wanted
from pytest_concurrency.runtime.effects import foreign, namespaces
from pytest_concurrency.runtime.helpers import (
    access,
    completion,
    context_managers,
    dynamic,
    functions,
    iteration,
    marks,
    methods,
    outside,
)
from pytest_concurrency.runtime.helpers.blocking import multiprocessing_locks, stand_ins
from pytest_concurrency.runtime.scheduler import identity

_HELPERS: dict[str, Any] = {
    "@get": access.attribute,
    "@set": access.attribute,
    "@call_attr": methods.call_attr,
    "@item": access.item,
    "@item_keep": access.item_keep,
    "@kept_key": access.kept_key,
    "@slice": slice,
    "@whole": access.whole,
    "@steps": iteration.steps,
    "@fresh_steps": iteration.fresh_steps,
    "@started": iteration.started,
    "@resumed": iteration.resumed,
    "@mark": marks.mark,
    "@marked": marks.marked,
    "@has": access.has,
    "@contains": access.contains,
    "@call_method": methods.call_method,
    "@method_owner": methods.method_owner,
    "@asserted": outside.asserted,
    "@given": methods.given,
    "@ready": methods.ready,
    "@ready_base": methods.ready_base,
    "@ready_file": methods.ready_file,
    "@globals": globals,
    "@get_global": access.get_global,
    "@set_global": access.set_global,
    "@get_cell": access.get_cell,
    "@set_cell": access.set_cell,
    "@dropped": identity.dropped,
    "@namespace_of": namespaces.namespace_of,
    "@ready_function": dynamic.ready_function,
    "@ready_outside": outside.ready_outside,
    "@grown": functions.grown,
    "@matched": dynamic.matched,
    "@called": dynamic.called,
    "@ready_call": dynamic.ready_call,
    "@enter_with": context_managers.enter_with,
    "@enter_context": context_managers.enter_context,
    "@sync_method": stand_ins.sync_method,
    "@completing": completion.completing,
    "@failing": completion.failing,
    "@asking": completion.asking,
    "@answering": completion.answering,
    "@timed": completion.timed,
    **IN_PLACE,
}
_FILENAME, _GLOBALS = attrgetter("__code__.co_filename"), attrgetter("__globals__")
_NOT_OURS, _OURS, _INTERNAL = range(3)


class Swap(NamedTuple):
    """One function and its two codes."""

    function: ref[FunctionType]
    """Weak: the program's functions, and what they hold, live no longer than without us."""
    original: CodeType
    instrumented: CodeType


def add_helpers(built_ins: dict[str, Any]) -> None:
    """Put what instrumented code calls among the built-ins that it finds.

    Not into the globals of modules, which programs look through. They stay: code may outlive the
    swap.
    """
    built_ins.update(_HELPERS)


class Instrumentation:
    """The instrumented counterparts of everything in a scope, swapped in and out together."""

    def __init__(self, scope: Scope, stored: StoredCode | None = None) -> None:
        """``stored``: where compiled code is kept between processes."""
        self.scope = scope
        self._stored = stored
        self._units: dict[str, Unit | str] = {}
        """By file name; a text says why there is none."""
        self._verdicts: dict[str, int] = {}
        """By file name: whose it is."""
        self._swaps: list[Swap] = []
        self._namespaces: dict[int, dict[str, Any]] = {}
        self._modules: set[str] = set()
        """The names of those that are not the standard library's."""
        self._registers: list[tuple[ref[set[CodeType]], set[CodeType]]] = []
        self._registered: set[int] = set()
        """Sets of code that the program keeps, and what belongs there while code is swapped in."""
        self._looked: Mark | None = None
        self._left: list[ref[FunctionType]] = []
        """Functions in scope that stay as they are: the program may give them their own code again.
        """
        self.unmatched: dict[str, str] = {}
        """Functions in scope that stay as they are: name and reason."""

    def __reduce__(self) -> tuple[Any, ...]:
        """What is sent to another process begins there: the same scope, and nothing found yet."""
        return Instrumentation, (self.scope, self._stored)

    def prepare(self) -> None:
        """Find every live function in scope and its counterpart. Cheap to repeat: files are
        compiled once."""
        # It imports modules, which belong to the scope: before they are looked for.
        multiprocessing_locks.manage()
        objects, are_all = self._new_objects()
        functions = [obj for obj in objects if type(obj) is FunctionType]
        for function, filename in self._in_scope(functions):
            self._prepare_one(function, filename, self._verdicts[filename] == _INTERNAL)
        codes = {id(swap.original) for swap in self._swaps}
        if not codes <= self._registered:
            self._registered = codes
            known = [found for register, _ in self._registers if (found := register()) is not None]
            objects = objects if are_all else everything()
            self._registers = list(self._find_registers([*known, *objects]))
        foreign.note_instrumented(self._modules)

    def _in_scope(self, functions: list[FunctionType]) -> Iterator[tuple[FunctionType, str]]:
        """Yield those that are to be instrumented, with their files' names.

        They are tens of thousands, in a large project, and most are somebody else's: in C.
        """
        filenames = list(map(_FILENAME, functions))
        for filename in set(filenames) - self._verdicts.keys():
            self._verdicts[filename] = self._judge(filename)
        wanted: Iterator[Any] = map(self._verdicts.__getitem__, filenames)
        if self.scope.with_main:
            # Where the cells of a notebook and the lines of a session live: in no folder.
            interactive = repeat(vars(sys.modules["__main__"]))
            wanted = map(or_, wanted, map(is_, map(_GLOBALS, functions), interactive))
        return compress(zip(functions, filenames, strict=True), wanted)

    def _new_objects(self) -> tuple[list[object], bool]:
        """Return the functions not looked at yet, and sets, and forget functions that are gone; and
        whether these are all.

        What was there when a child began is frozen, and stays known.
        """
        found, self._looked = AGEING.since(self._looked)
        objects = everything() if found is None else found
        if found is None and not gc.get_freeze_count():
            self.unmatched = {}
        left, self._left = self._left, []
        known: set[int] = set()
        still_right = []
        for swap in self._swaps:
            function = swap.function()
            if function is not None and function.__code__ is swap.original:
                still_right.append(swap)
                known.add(id(function))
            elif function is not None:
                left.append(swap.function)
        self._swaps = still_right
        objects += [function for each in left if (function := each()) is not None]
        by_id = dict(zip(map(id, objects), objects, strict=True))
        is_new = map(not_, map(known.__contains__, by_id))
        return list(compress(by_id.values(), is_new)), found is None

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

    def _prepare_one(self, function: FunctionType, filename: str, internal: bool) -> None:
        if filename not in self._units:
            self._units[filename] = self._compile(function, filename, internal)
        unit = self._units[filename]
        instrumented = None if isinstance(unit, str) else unit.counterpart(function.__code__)
        if instrumented is not None:
            self._swaps.append(Swap(ref(function), function.__code__, instrumented))
            if id(function.__globals__) not in self._namespaces:
                self._add_namespace(function, internal)
            return
        self._left.append(ref(function))
        if not internal:
            reason = unit if isinstance(unit, str) else "its source has changed or is not its own"
            self.unmatched[f"{function.__module__}.{function.__qualname__}"] = reason

    def _compile(self, function: FunctionType, filename: str, internal: bool) -> Unit | str:
        namespace = function.__globals__
        source = "".join(linecache.getlines(filename, namespace))
        if not source:
            return "no source"
        asserts = "@pytest_ar" in namespace and not internal
        try:
            return unit_of(Wanted(source, filename, asserts, internal), self._stored)
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
