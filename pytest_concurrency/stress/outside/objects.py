"""Objects by which what is outside memory is touched, as instrumented code passes them."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Set
from typing import Any, Final, Literal

from pytest_concurrency._compat_processes import is_in_shared_memory, raw_value_of
from pytest_concurrency._origins import runs_tests
from pytest_concurrency.runtime.effects.foreign import class_name, is_one_of, mro
from pytest_concurrency.runtime.effects.memory import memory, remember
from pytest_concurrency.runtime.trace.operations import ONLY_READ, OPERATIONS, TRY
from pytest_concurrency.stress.outside.audit_events import (
    behind_descriptor,
    file_of,
    is_kept,
    place_of,
)
from pytest_concurrency.stress.outside.identities import identity_of, is_inherited
from pytest_concurrency.stress.outside.mappings import Mappings
from pytest_concurrency.stress.outside.touch import WHOLE_THING, Deed

Kind = Literal["", "file", "lock", "shared", "map", "raw", "database", "cursor", "view"]
_KINDS: dict[int, Kind] = memory()
"""By class."""
_LOCKS: Final = frozenset({"SemLock", "Lock", "RLock"})
_MODULES: Final[dict[str, Kind]] = {
    "_io": "file",
    "_socket": "shared",
    "mmap": "map",
    "multiprocessing": "shared",
    "shelve": "shared",
    "dbm": "shared",
    "_dbm": "shared",
    "_gdbm": "shared",
}
_IN_MEMORY: Final = frozenset({"context", "process", "util", "reduction"})
"""Modules of ``multiprocessing`` whose objects only make or describe others."""


def kind_of(cls: type) -> Kind:
    """Return which kind of thing outside memory the objects of a class stand for, "" if none."""
    found = _KINDS.get(id(cls))
    return remember(_KINDS, cls, _classify(cls)) if found is None else found


def _classify(cls: type) -> Kind:
    if cls is memoryview:
        return "view"
    if issubclass(cls, (io.StringIO, io.BytesIO)) or runs_tests(_module_of(cls)):
        return ""
    for base in mro(cls) or ():
        name, (package, _, rest) = class_name(base), _module_of(base).partition(".")
        if package in ("sqlite3", "_sqlite3"):
            return {"Connection": "database", "Cursor": "cursor"}.get(name, "")  # type: ignore[return-value]
        if package == "_ctypes":
            return "raw"
        if package in ("multiprocessing", "_multiprocessing"):
            if rest in _IN_MEMORY or rest.startswith("popen"):
                return ""
            return "lock" if name in _LOCKS else "shared"
        if package in _MODULES:
            return _MODULES[package]
    return ""


def _module_of(cls: type) -> str:
    module = type.__dict__["__module__"].__get__(cls)
    return module if type(module) is str else ""


_STANDARD: Final = frozenset({0, 1, 2, "<stdin>", "<stdout>", "<stderr>"})


def open_descriptors() -> frozenset[int]:
    """Return the descriptors that are open, where the system says which."""
    try:
        return frozenset(map(int, os.listdir("/proc/self/fd")))  # noqa: PTH208 - of each worker
    except OSError:
        return frozenset()


class Places:
    """Names what is behind objects."""

    def __init__(self) -> None:
        self.databases: dict[int, Any] = {}
        """By the address of a connection: the database."""
        self.inherited: Set[int] = frozenset()
        """Descriptors that other processes have, too."""
        self.makes_shared = False
        """Whether this process maps memory that others have not inherited."""
        self.is_forked = True
        """Whether this process has inherited what others have, too."""
        self.mappings = Mappings()

    def is_inherited(self, file: Any) -> bool:
        """Whether a file was open before there were several processes."""
        try:
            return bool(self.inherited) and file.fileno() in self.inherited
        except (AttributeError, OSError, ValueError):
            return False

    def place_of(self, obj: Any, kind: Kind) -> str:
        """Name what is behind an object, the same in all processes that have inherited it; "" for
        what is in private memory."""
        match kind:
            case "file":
                return self._place_of_file(obj)
            case "view":
                return self._behind_view(obj)
            case "cursor":
                return self.place_of(obj.connection, "database")
            case "database":
                path = self.databases.get(id(obj), "<database>")
                return (place_of(file_of(path)) or "<database>") if is_kept(path) else ""
            case "map" if (name := self.mappings.name_of(obj)) != "":
                # Who maps the same file itself has another object.
                return "" if name is None else f"<object {name}>"
        inner = raw_value_of(obj)
        if kind_of(type(inner)) == "raw" and not is_in_shared_memory(inner):
            return ""  # an ordinary object of ctypes
        return self._name_of_object(inner)

    def _name_of_object(self, obj: Any) -> str:
        """Name an object, the same in all processes: its address is, where they have inherited it,
        and not where each of them has made or opened one itself."""
        if not self.is_forked:
            return identity_of(obj) or f"<object {id(obj)} of process {os.getpid()}>"
        if self.makes_shared and not is_inherited(obj):
            return f"<object {identity_of(obj) or f'{id(obj)} of process {os.getpid()}'}>"
        return f"<object {id(obj)}>"

    def _behind_view(self, view: memoryview) -> str:
        try:
            shown = view.obj
        except ValueError:
            return ""  # released
        kind = kind_of(type(shown))
        return self.place_of(shown, kind) if kind else ""

    def _place_of_file(self, file: Any) -> str:
        if type(file).__module__ != "_io":
            return f"<file {id(file)}>"
        try:
            name = file.name
        except (AttributeError, ValueError):
            return ""
        if name in _STANDARD or file in (sys.stdout, sys.stderr):
            return ""
        return place_of(name) if type(name) is not int else behind_descriptor(name)


_IN_MEMORY_ONLY: Final = frozenset({"get_lock", "get_obj"})


def calls_method(obj: Any, kind: Kind, name: str) -> bool:
    """Whether the attribute of this name is a method, which is read to be called: of what it does
    outside memory nothing is known."""
    if kind not in ("shared", "map", "database", "cursor") or name in _IN_MEMORY_ONLY:
        return False
    return callable(getattr(type(obj), name, None))


_READING: Final = frozenset(
    {"read", "read1", "readall", "readinto", "readinto1", "readline", "readlines", "peek", "seek"}
    | {"tell", "fileno", "name", "mode", "closed", "readable", "writable", "seekable", "buffer"}
)


def deed_on_file(file: Any, name: str, op: str) -> Deed:
    """Return what is done by the attribute of this name, "" if by none, of a file that is open:
    what is still in a buffer is written when it is left or closed."""
    try:
        is_writable = type(file).__module__ != "_io" or bool(file.writable())
    except ValueError:  # it is closed
        is_writable = False
    only_reads = not is_writable or name in _READING or (not name and op in ONLY_READ)
    return "read" if only_reads else "write"


def deed_of(op: str) -> Deed:
    """Return what an operation does to what is outside memory."""
    effect = OPERATIONS[op]
    if not effect.is_sure or op == TRY:
        return "use"
    if effect.synchronises:
        return "unlock" if effect.releases else "lock"
    return "write" if effect.writes else "read"


def part_of(key: object) -> Any:
    """Return which part of its object a key names, as far as processes can tell each other."""
    return key if key is None or is_one_of(type(key), (int, str, bytes)) else WHOLE_THING
