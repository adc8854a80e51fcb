"""What code a test runs, and how much of it is instrumented.

One plain run in a process of its own tells which functions are entered. What is entered and not
instrumented is not seen: nothing may be claimed of all interleavings then.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

import pytest

from pytest_concurrency._origins import installed_package, origin_of
from pytest_concurrency.instrument.closed import names_unseen_code
from pytest_concurrency.instrument.entered import entered_code
from pytest_concurrency.instrument.project import test_tools
from pytest_concurrency.instrument.scope import Scope
from pytest_concurrency.model import UnseenCode
from pytest_concurrency.runtime.effects.foreign import module_of
from pytest_concurrency.stress.cells.plain import plain_run
from pytest_concurrency.stress.outside.touch import Touch
from pytest_concurrency.stress.outside.watch import WATCH
from pytest_concurrency.stress.processes.inherited.own_forks import OwnFork, fork_beside_threads

GENERATED = ""
"""The name of what ``exec()`` and ``eval()`` make."""
LARGEST = 1_500_000
"""Bytes of loaded source up to which a package is instrumented without being asked."""


@dataclass(frozen=True, slots=True)
class Survey:
    """The functions that a test enters, by where they come from: the standard library, the tools
    of tests and the plugin itself left out.
    """

    seen: int = 0
    """How many are in the scope."""
    others: tuple[tuple[str, int], ...] = ()
    """Packages out of scope, and how many functions of each; ``GENERATED`` is one of them."""
    added: tuple[str, ...] = ()
    """Those of them that are instrumented although nobody asked for it."""
    left_out: tuple[str, ...] = ()
    """Those that are left out on purpose."""
    is_known: bool = True
    """Whether the run came to an end; else there may be others."""
    sees_all: bool = False
    """Whether it is seen what all code does that the test may enter, compiled code included, and
    its body changes nothing outside memory.
    """
    forks: tuple[OwnFork, ...] = ()
    """Where it forks while it has other threads."""

    @property
    def unseen(self) -> tuple[UnseenCode, ...]:
        """What is not instrumented."""
        return tuple(
            UnseenCode(name, number, on_purpose=name in self.left_out)
            for name, number in self.others
            if name not in self.added
        )

    @property
    def functions(self) -> int:
        """How many functions are entered."""
        return self.seen + sum(number for _, number in self.others)


def survey(item: pytest.Function, scope: Scope) -> Survey:
    """Run the test plainly, in this process, and look at what it enters.

    What its module imports and it enters is *added*, unless it is left out by name, or too large to
    be instrumented in passing.
    """
    touched: list[Touch] = []
    forks: list[OwnFork] = []
    with entered_code() as entered:
        outcome = plain_run(item, _noting(touched, forks))
    seen = 0
    others: Counter[str] = Counter()
    generated = set()
    for code in list(entered):
        if scope.wants(code.co_filename):
            seen += 1
        elif (owner := _owner(code)) == GENERATED:
            generated.add(code)
        elif owner is not None:
            others[owner] += 1
    if generated and (left := len(generated - _generated_by_library())):
        others[GENERATED] = left
    imported = {name for module in _modules_of(item) for name in _imported_by(module)}
    left_out = {name[1:].partition(".")[0] for name in scope.packages if name.startswith("-")}
    added = [n for n in others if n in imported - left_out and _size_of(n) <= LARGEST]
    names_unseen = names_unseen_code(entered, scope.with_packages(added) if added else scope)
    return Survey(
        seen,
        tuple(sorted(others.items())),
        tuple(sorted(added)),
        tuple(sorted(left_out.intersection(others))),
        sees_all=outcome.status == "passed"
        and not (set(others).difference(added) or names_unseen)
        and not any(touch.may_write for touch in touched),
        forks=tuple(forks),
    )


@contextmanager
def _noting(touched: list[Touch], forks: list[OwnFork]) -> Iterator[None]:
    """Note in ``touched`` what is done outside memory, and in ``forks`` those beside threads."""

    def note_fork() -> None:
        found = fork_beside_threads()
        if found is not None:
            forks.append(found)

    WATCH.install()
    WATCH.on_fork = note_fork
    WATCH.start()
    try:
        yield
    finally:
        touched += WATCH.stop()
        WATCH.on_fork = None


def _generated_by_library() -> set[CodeType]:
    """Return what the standard library has made its methods of by ``exec()``: those of shared
    values and of proxies in ``multiprocessing``, for one.
    """
    found: set[CodeType] = set()
    classes: list[type] = [object]
    known = {id(object)}  # not the classes: a metaclass of the program may have a hash of its own
    while classes:
        cls = classes.pop()
        subclasses: list[type] = [] if cls is type else type.__subclasses__(cls)
        for each in subclasses:
            if id(each) not in known:
                known.add(id(each))
                classes.append(each)
        if module_of(cls).partition(".")[0] in sys.stdlib_module_names:
            found.update(code for value in vars(cls).values() for code in _code_of(value))
    return found


def _code_of(value: object) -> Iterator[CodeType]:
    if type(value) is property:
        parts: tuple[object, ...] = (value.fget, value.fset, value.fdel)
    else:
        is_wrapped = issubclass(type(value), (classmethod, staticmethod))
        parts = (value.__func__ if is_wrapped else value,)  # type: ignore[attr-defined]
    yield from (part.__code__ for part in parts if type(part) is FunctionType)


def _owner(code: CodeType) -> str | None:
    """Return the package that code belongs to; None if it does not count."""
    filename = code.co_filename
    origin = origin_of(filename)
    if origin == "generated":
        return None if _is_boilerplate(code) else GENERATED
    if origin in ("own", "library", "runner") or ".hypothesis" in Path(filename).parts:
        return None
    name = _package_of(filename)
    return None if name in test_tools() else name


def _is_boilerplate(code: CodeType) -> bool:
    """Tell whether it is a method that ``dataclasses``, ``attrs`` or ``namedtuple`` has written."""
    if code.co_filename.startswith("<attrs generated"):
        return True
    name = code.co_name
    is_special = name.startswith("__") and name.endswith("__")
    return is_special or (name == "<lambda>" and code.co_varnames[:1] == ("_cls",))


@cache
def _package_of(filename: str) -> str:
    if package := installed_package(filename):
        return package
    # Only now: to look at all modules takes a child as long as the test.
    for name, module in list(sys.modules.items()):
        if issubclass(type(module), ModuleType) and vars(module).get("__file__") == filename:
            return name.partition(".")[0]
    return Path(filename).stem


def _modules_of(item: pytest.Function) -> list[ModuleType]:
    """Return the test's module and the ``conftest.py`` files above it."""
    plugins = item.config.pluginmanager.get_plugins()
    conftests = [
        plugin
        for plugin in plugins
        if type(plugin) is ModuleType
        and Path(plugin.__file__ or "").name == "conftest.py"
        and item.path.is_relative_to(Path(plugin.__file__ or "").parent)
    ]
    return [item.module, *conftests]


def _imported_by(module: ModuleType) -> set[str]:
    found = set()
    for value in list(vars(module).values()):
        if type(value) is ModuleType:
            name: object = vars(value).get("__name__")
        elif type(value) is FunctionType:
            name = value.__module__
        elif type(value) is type:
            name = vars(value).get("__module__")
        else:
            continue
        if isinstance(name, str):
            found.add(name.partition(".")[0])
    return found


def _size_of(package: str) -> int:
    """Return the bytes of source of a package that are loaded."""
    files = {
        str(vars(module).get("__file__"))
        for name, module in list(sys.modules.items())
        if type(module) is ModuleType and name.partition(".")[0] == package
    }
    return sum(Path(file).stat().st_size for file in files if file.endswith(".py"))
