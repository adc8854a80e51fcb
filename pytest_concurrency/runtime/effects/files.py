"""Which files a call touches, and how: by the functions and ``pathlib`` methods that open, move,
remove and list them."""

from __future__ import annotations

import glob
import io
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import PurePath
from types import BuiltinFunctionType, FunctionType
from typing import Any, Final, Literal

from pytest_concurrency.runtime.trace.operations import READ, WRITE

LISTS: Final = "lists"
"""What is done to a folder whose entries are asked for."""
Kind = Literal["read", "write", "lists"]
Effect = tuple[str, Kind]
"""An absolute path, and what is done to the file there."""


def absolute(value: object) -> str:
    """Return the absolute path, "" for what is none. Runs no code of the program under test."""
    if isinstance(value, PurePath):
        value = os.fspath(value)
    if type(value) is bytes:
        value = os.fsdecode(value)
    return os.path.abspath(value) if value and type(value) is str else ""  # noqa: PTH100 - of a text


def _one(value: object, kind: Kind) -> tuple[Effect, ...]:
    path = absolute(value)
    return ((path, kind),) if path else ()


def _open(file: object = "", mode: object = "r", *_: object, **__: object) -> tuple[Effect, ...]:
    writes = isinstance(mode, str) and not set(mode).isdisjoint("wax+")
    return _one(file, WRITE if writes else READ)


def _os_open(path: object = "", flags: object = 0, *_: object, **__: object) -> tuple[Effect, ...]:
    writing = os.O_WRONLY | os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_TRUNC
    writes = isinstance(flags, int) and flags & writing
    return _one(path, WRITE if writes else READ)


def _changed(path: object = "", *_: object, **__: object) -> tuple[Effect, ...]:
    return _one(path, WRITE)


def _looked_at(path: object = "", *_: object, **__: object) -> tuple[Effect, ...]:
    return _one(path, READ)


def _listed(path: object = ".", *_: object, **__: object) -> tuple[Effect, ...]:
    return _one("." if path is None else path, LISTS)


def _found(pathname: object = "", *_: object, **__: object) -> tuple[Effect, ...]:
    """List folders, which of them is known too late: that of the pattern stands for all."""
    return _one(os.path.dirname(absolute(pathname)), LISTS)  # noqa: PTH120 - of a text


def _copied(src: object = "", dst: object = "", **__: object) -> tuple[Effect, ...]:
    return (*_one(src, READ), *_one(dst, WRITE))


def _made_in(*_: object, dir: object = None, **__: object) -> tuple[Effect, ...]:
    """Make a file of a new name in a folder, by which it is known here."""
    return _one(dir, WRITE)


def _made_in_third(
    suffix: object = None,
    prefix: object = None,
    dir: object = None,
    *_: object,
    **__: object,
) -> tuple[Effect, ...]:
    return _one(dir, WRITE)


def _moved(src: object = "", dst: object = "", **__: object) -> tuple[Effect, ...]:
    return (*_one(src, WRITE), *_one(dst, WRITE))


_FUNCTIONS: dict[Callable[..., object], Callable[..., tuple[Effect, ...]]] = {
    io.open: _open,
    os.open: _os_open,
    os.rename: _moved,
    os.replace: _moved,
    os.link: _copied,
    os.symlink: _copied,
    os.remove: _changed,
    os.unlink: _changed,
    os.truncate: _changed,
    os.mkdir: _changed,
    os.makedirs: _changed,
    os.rmdir: _changed,
    os.stat: _looked_at,
    os.lstat: _looked_at,
    os.access: _looked_at,
    os.listdir: _listed,
    os.scandir: _listed,
    os.walk: _listed,
    os.path.exists: _looked_at,
    os.path.lexists: _looked_at,
    os.path.islink: _looked_at,
    os.path.isfile: _looked_at,
    os.path.isdir: _looked_at,
    os.path.getsize: _looked_at,
    os.path.getmtime: _looked_at,
    glob.glob: _found,
    glob.iglob: _found,
    shutil.rmtree: _changed,
    shutil.copy: _copied,
    shutil.copy2: _copied,
    shutil.copyfile: _copied,
    shutil.copytree: _copied,
    shutil.move: _moved,
    tempfile.mkstemp: _made_in_third,
    tempfile.mkdtemp: _made_in_third,
    tempfile.NamedTemporaryFile: _made_in,
}
FUNCTION_NAMES = frozenset({function.__name__ for function in _FUNCTIONS})
MODULE_NAMES = frozenset({"os", "os.path", "io", "glob", "shutil", "tempfile"})

METHODS: Mapping[str, Kind] = {
    **dict.fromkeys(("read_text", "read_bytes"), READ),
    **dict.fromkeys(("exists", "is_file", "is_dir", "stat", "lstat", "is_symlink"), READ),
    **dict.fromkeys(("iterdir", "glob", "rglob", "walk"), LISTS),
    **dict.fromkeys(("write_text", "write_bytes", "unlink", "touch"), WRITE),
    **dict.fromkeys(("mkdir", "rmdir", "symlink_to", "hardlink_to"), WRITE),
    **dict.fromkeys(("rename", "replace"), WRITE),
    "open": READ,
}
"""Methods of ``pathlib.Path``; that of ``open`` depends on the mode."""


def effects(
    function: Callable[..., object], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> tuple[Effect, ...]:
    """Say what a call of a function does to files; nothing if it is none of those known."""
    return _tried(_FUNCTIONS[function], args, kwargs) if is_known(function) else ()


def is_known(function: Callable[..., object]) -> bool:
    """Whether it is a function that does something to files."""
    # Only these are hashed: what else can be called may do so by code of the program.
    is_function = type(function) is BuiltinFunctionType or type(function) is FunctionType
    return is_function and function in _FUNCTIONS


def method_effects(
    path: PurePath, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> tuple[Effect, ...]:
    """Say what ``path.name(...)`` does to files."""
    if name == "open":
        return _tried(_open, (path, *args), kwargs)
    if name in ("rename", "replace"):
        target = args[0] if args else kwargs.get("target", "")
        return (*_one(path, WRITE), *_one(target, WRITE))
    return _one(path, METHODS[name])


def _tried(
    effect: Callable[..., tuple[Effect, ...]], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> tuple[Effect, ...]:
    try:
        return effect(*args, **kwargs)
    except TypeError:
        return ()  # wrong arguments: the call itself is about to say so
