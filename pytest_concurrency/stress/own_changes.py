"""What a test itself changes for the whole process: patches, working directory, ``sys.modules``.

Copies of such a test get in each other's way, whatever they call: one of them leaves its patch
while another one still needs its own. That says nothing about the code under test.

Read in the source of the test, of what it is decorated with, and of the functions of its file that
it calls; names are looked up where they lead without running code.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import linecache
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FunctionType, MethodType, ModuleType
from typing import Any, Final

from pytest_concurrency._compat import parsed
from pytest_concurrency.runtime.effects.foreign import is_one_of, module_of

_CHANGING: Final[dict[str, str]] = {
    "_pytest.monkeypatch": "MonkeyPatch",
    "_pytest.recwarn": "deprecated_call warns",
    "atexit": "register unregister",
    "contextlib": "chdir redirect_stderr redirect_stdout",
    "freezegun.api": "freeze_time",
    "gc": "disable enable freeze set_threshold unfreeze",
    "importlib": "reload",
    "locale": "setlocale",
    "logging": "basicConfig captureWarnings disable setLoggerClass",
    "mock.mock": "_patch_dict _patch_multiple _patch_object patch",
    "numpy.random": "seed",
    "os": "chdir dup2 fchdir putenv umask unsetenv",
    "random": "seed setstate",
    "signal": "signal",
    "socket": "setdefaulttimeout",
    "sys": "setrecursionlimit setswitchinterval",
    "sys.monitoring": "free_tool_id register_callback set_events use_tool_id",
    "time": "tzset",
    "time_machine": "travel",
    "tracemalloc": "start stop",
    "unittest.mock": "_patch_dict _patch_multiple _patch_object patch",
    "warnings": "catch_warnings filterwarnings resetwarnings simplefilter",
}
"""Functions and classes, by module and name."""
_OF_A_TEST_CASE: Final = frozenset(
    {"assertLogs", "assertNoLogs", "assertWarns", "assertWarnsRegex"}
)
_OF_A_LOGGER: Final = frozenset(
    {"addFilter", "addHandler", "removeFilter", "removeHandler", "setLevel"}
)
_OF_A_CACHE: Final = frozenset({"cache_clear"})
_OF_A_CONTAINER: Final = frozenset(
    {"add", "append", "clear", "extend", "insert", "pop", "popitem", "remove", "reverse"}
    | {"setdefault", "sort", "update"}
)
_CONTAINERS: Final = (dict, list, set)
_UNKNOWN: Final = object()
_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """A place where the test changes something for all."""

    path: str
    first: int
    last: int
    what: str
    """As the source says it."""

    def __str__(self) -> str:
        return f"{self.what} at {Path(self.path).name}:{self.first}"


def changes_of(function: Any) -> tuple[Change, ...]:
    """Return what ``function``, a test, changes for the whole process, in the order of lines."""
    return tuple(sorted(set(_Reader().changes(_plain(function)))))


def _plain(function: Any) -> Any:
    function = inspect.unwrap(function)
    return function.__func__ if type(function) is MethodType else function


@dataclass(slots=True)
class _Reader:
    """Reads functions of one file, each once."""

    seen: set[FunctionType] = field(default_factory=set)

    def changes(self, function: Any) -> Iterator[Change]:
        """Yield what ``function`` changes, and what those of its file change that it calls."""
        if type(function) is not FunctionType or function in self.seen:
            return
        self.seen.add(function)
        path = function.__code__.co_filename
        found = _definition(path, function.__code__.co_firstlineno, function.__name__)
        if found is None:
            return
        node, around = found
        names = _Names(function, node)
        for each in (node, *(part for outer in around for part in outer.decorator_list)):
            for part in ast.walk(each):
                if what := _changed_by(part, names):
                    first, last = part.lineno, part.end_lineno or part.lineno  # type: ignore[attr-defined]
                    yield Change(path, first, last, what)
                called = names.find(part.func) if isinstance(part, ast.Call) else None
                is_plain = is_one_of(type(called), (FunctionType, MethodType))
                helper = _plain(called) if is_plain else None
                if helper is not None and helper.__code__.co_filename == path:
                    yield from self.changes(helper)


def _definition(path: str, line: int, name: str) -> tuple[_Function, Sequence[ast.ClassDef]] | None:
    """Return a function of a file, and the classes that it is in."""
    try:
        tree = parsed("".join(linecache.getlines(path)))
    except (SyntaxError, ValueError, RecursionError):
        return None
    stack: list[tuple[ast.AST, tuple[ast.ClassDef, ...]]] = [(tree, ())]
    while stack:
        node, around = stack.pop()
        if isinstance(node, _Function) and node.name == name:
            start = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            if start <= line <= node.lineno:
                return node, around
        if isinstance(node, ast.ClassDef):
            around = (*around, node)
        stack += [(each, around) for each in ast.iter_child_nodes(node)]
    return None


class _Names:
    """Where names lead in a function, as far as that can be told without running anything."""

    def __init__(self, function: FunctionType, node: _Function) -> None:
        self._globals = function.__globals__
        self._closure = dict(_closed_over(function))
        self._first = node.args.args[0].arg if node.args.args else ""
        self._owner = _owner(function)
        self._imported = dict(_imported(node))
        self._local = {
            part.id
            for part in ast.walk(node)
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
        }

    def find(self, node: ast.expr) -> Any:
        """Return what a name with dots leads to; ``_UNKNOWN`` if that cannot be told."""
        match node:
            case ast.Name(id=name) if name in self._imported:
                return self._imported[name]
            case ast.Name(id=name) if name == self._first and self._owner is not None:
                return self._owner
            case ast.Name(id=name) if name not in self._local:
                found = self._closure.get(name, self._globals.get(name, _UNKNOWN))
                return vars(builtins).get(name, _UNKNOWN) if found is _UNKNOWN else found
            case ast.Attribute(value=owner, attr=name):
                return _attribute(self.find(owner), name)
        return _UNKNOWN

    def is_own(self, module: Any) -> bool:
        """Whether these are the names of the test's own file."""
        return type(module) is ModuleType and vars(module) is self._globals


def _closed_over(function: FunctionType) -> Iterator[tuple[str, Any]]:
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        with suppress(ValueError):  # empty
            yield name, cell.cell_contents


def _owner(function: FunctionType) -> Any:
    """Return the class that a method was defined in."""
    found: Any = function.__globals__
    for name in function.__qualname__.split(".")[:-1]:
        found = found.get(name) if type(found) is dict else vars(found).get(name)
        if not issubclass(type(found), type):
            return None
    return found if issubclass(type(found), type) else None


def _imported(node: ast.AST) -> Iterator[tuple[str, Any]]:
    """Yield what is imported within a function, if it is loaded."""
    for part in ast.walk(node):
        if isinstance(part, ast.Import):
            for each in part.names:
                name = each.name if each.asname else each.name.partition(".")[0]
                yield each.asname or name, sys.modules.get(name, _UNKNOWN)
        elif isinstance(part, ast.ImportFrom) and part.module:
            module = sys.modules.get(part.module, _UNKNOWN)
            for each in part.names:
                yield each.asname or each.name, _attribute(module, each.name)


def _attribute(owner: Any, name: str) -> Any:
    """Look up an attribute of a module, a class or a function."""
    if type(owner) is ModuleType or type(owner) is FunctionType:
        return vars(owner).get(name, _UNKNOWN)
    if issubclass(type(owner), type):
        return inspect.getattr_static(owner, name, _UNKNOWN)
    return _UNKNOWN


# -- what is a change ---------------------------------------------------------------------------


def _changed_by(node: ast.AST, names: _Names) -> str:
    """Say what ``node`` changes for the whole process; empty if nothing."""
    match node:
        case ast.Call(func=callee):
            return _text(callee) if _is_changing_call(node, callee, names) else ""
        case ast.Attribute(value=owner, ctx=ast.Store() | ast.Del()):
            return _text(node) if _is_shared_owner(names.find(owner), names) else ""
        case ast.Subscript(value=owner, ctx=ast.Store() | ast.Del()):
            return _text(node) if _is_shared_container(owner, names) else ""
    return ""


def _is_changing_call(call: ast.Call, callee: ast.expr, names: _Names) -> bool:
    found = names.find(callee)
    if found is setattr or found is delattr:
        return bool(call.args) and _is_shared_owner(names.find(call.args[0]), names)
    if found is not _UNKNOWN and _is_known(found):
        return True
    if not isinstance(callee, ast.Attribute):
        return False
    if callee.attr in _OF_A_TEST_CASE | _OF_A_LOGGER:
        return True
    if callee.attr in _OF_A_CACHE:
        return names.find(callee.value) is not _UNKNOWN
    return callee.attr in _OF_A_CONTAINER and _is_shared_container(callee.value, names)


def _is_known(function: Any) -> bool:
    """Whether it is what a module of ``_CHANGING`` has under one of the names told there."""
    for module_name, known in _CHANGING.items():
        module = sys.modules.get(module_name)
        if type(module) is ModuleType:
            here = vars(module)
            if any(here.get(name, _UNKNOWN) is function for name in known.split()):
                return True
    return False


def _is_shared_owner(owner: Any, names: _Names) -> bool:
    """Whether it is a module, or a class, of another file."""
    if type(owner) is ModuleType:
        return not names.is_own(owner)
    if issubclass(type(owner), type):
        return not names.is_own(sys.modules.get(module_of(owner)))
    return False


def _is_shared_container(node: ast.expr, names: _Names) -> bool:
    """Whether it is a container that a module of another file holds."""
    found = names.find(node)
    if any(found is each for each in (os.environ, sys.modules, sys.path, sys.argv)):
        return True
    if not is_one_of(type(found), _CONTAINERS) or not isinstance(node, ast.Attribute):
        return False
    owner = names.find(node.value)
    return type(owner) is ModuleType and not names.is_own(owner)


def _text(node: ast.expr) -> str:
    text = ast.unparse(node)
    return text if len(text) <= 40 else f"{text[:39]}…"
