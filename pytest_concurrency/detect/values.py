"""What was where, in words: short forms of values, names of locations.

Nothing here runs code of the program under test: classes are asked by identity, what they keep is
read from their slots, and only values of built-in types are shown in full.
"""

from __future__ import annotations

import re
import stat
import sys
from collections import deque
from pathlib import Path
from reprlib import Repr
from types import CellType, ModuleType
from typing import Any, Final

from pytest_concurrency.runtime.effects import containers, keys, shapes
from pytest_concurrency.runtime.effects.foreign import (
    as_written,
    class_name,
    is_alike,
    is_derived,
)
from pytest_concurrency.runtime.effects.memory import ids_of
from pytest_concurrency.runtime.trace.event import (
    Event,
    names_attribute,
    operation,
    part_of,
    resource_of,
    site_number,
)
from pytest_concurrency.runtime.trace.operations import USE
from pytest_concurrency.runtime.trace.resource import FILE, WHOLE, Outside
from pytest_concurrency.runtime.trace.sites import SITES

MISSING: Final = object()
"""There is no value to be shown."""
_PLAIN: Final = ids_of((int, float, complex, bool, str, bytes, type(None)))
_CONTAINERS: Final = ids_of((list, tuple, dict, set, frozenset, deque))
_TEMPORARY: Final = re.compile(r"pytest-\d+|popen-gw\d+")
_LARGEST_FILE: Final = 1000
"""Bytes: a larger file's contents are not shown."""
_MOST_DIGITS: Final = 400
"""Python refuses to write down much longer integers (``sys.set_int_max_str_digits``)."""
_LONGEST: Final = 10**_MOST_DIGITS
_SMALL: Final = 10**9


class _Short(Repr):
    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = 24
        self.maxlist = self.maxtuple = self.maxset = 4
        self.maxdict = 3

    def repr_int(self, x: int, level: int) -> str:
        """Show the first and last hexadecimal digits of what is too long."""
        if -_LONGEST < x < _LONGEST:
            return super().repr_int(x, level)
        digits = hex(x)
        return f"{digits[:10]}...{digits[-8:]} ({x.bit_length():,} bits)"


_short: Final = _Short()


def show(value: object) -> str:
    """Return a short repr that runs no code of the program under test."""
    cls = type(value)
    if cls is int and isinstance(value, int) and -_SMALL < value < _SMALL:
        return repr(value)
    if value is MISSING:
        return ""
    if id(cls) in _PLAIN:
        return _short.repr(value)
    if id(cls) not in _CONTAINERS:
        return f"<{class_name(cls)}>"
    held: Any = value
    parts = [*held, *held.values()] if cls is dict else held
    if all(id(type(part)) in _PLAIN for part in parts):
        return _short.repr(value)
    return f"<{class_name(cls)} of {len(held)}>"


def location_name(event: Event, obj: object, target: object, label: str = "") -> str:
    """Name the location of ``event``: ``obj`` and ``target`` are what ``touch`` was told; ``label``
    is what the object is called, if not as at its site.
    """
    site = SITES[site_number(event)]
    label = label or site.label
    resource = resource_of(event)
    if isinstance(resource, Outside) and resource != FILE:
        return f"{resource} {target}"
    if resource == FILE:
        return f"{'folder' if part_of(event) is WHOLE else 'file'} {file_name(Path(str(obj)))}"
    if _is_attribute(event, obj):
        if type(obj) is CellType:
            return str(target)
        if is_alike(type(obj)) and site.label.endswith(f".{target}"):
            return site.label
        return f"{_owner_name(obj)}.{as_written(str(target))}"
    op = operation(event)
    if op == USE:
        return label.removesuffix(f".{site.name}")
    if op not in ("read", "write"):
        return label
    if target is WHOLE or target is ... or is_asked(event, obj):
        return label
    return f"{label}[{show(part_of(event) if type(target) is int else target)}]"


def file_name(path: Path) -> str:
    """Name a file or folder; without the number that pytest gives to temporary folders, which is
    another one in each execution."""
    is_counted = _TEMPORARY.fullmatch(path.parent.name) is not None
    return path.name.rstrip("0123456789") if is_counted else path.name


def is_asked(event: Event, obj: object) -> bool:
    """Whether a lock is asked whether it is held, a queue how much is in it: they have no parts."""
    return part_of(event) == "" and not containers.kind_by_bases(type(obj))


def _owner_name(obj: Any) -> str:
    """Name whose attribute or global it is: a class, or a module."""
    if issubclass(type(obj), ModuleType):
        obj = shapes.module_globals(obj)
    cls: type = type(obj)
    if cls is dict:
        name = keys.item_of(obj, "__name__", None)
        return name if type(name) is str else "globals"
    return class_name(obj if issubclass(cls, type) else cls)


def _is_attribute(event: Event, obj: object) -> bool:
    """Whether it is an access to an attribute or global, also one by key: through ``getattr()``,
    ``vars()``, ``globals()``."""
    if names_attribute(event):
        return True
    part = part_of(event)
    if type(part) is not str:
        return False
    if type(obj) is dict:
        name = keys.item_of(obj, "__name__", None)
        module = sys.modules.get(name) if type(name) is str else None
        return issubclass(type(module), ModuleType) and shapes.module_globals(module) is obj
    return not containers.kind_by_bases(type(obj)) and part != ""


def contents(path: object) -> object:
    """Return the text of a small regular file; ``MISSING`` for anything else."""
    try:
        found = Path(str(path)).stat()
        if not stat.S_ISREG(found.st_mode) or found.st_size > _LARGEST_FILE:
            return MISSING
        return Path(str(path)).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return MISSING


def peek(event: Event, obj: Any, target: Any) -> object:
    """Look at a location without running any code of its owner; ``MISSING`` if that cannot be
    done.
    """
    resource = resource_of(event)
    if isinstance(resource, Outside):
        return contents(obj) if resource == FILE else MISSING
    if target is WHOLE:
        return obj if is_derived(type(obj), containers.CONTAINERS) else MISSING
    if _is_attribute(event, obj):
        return _attribute(obj, target)
    if issubclass(type(obj), dict):
        return keys.item_of(obj, target, MISSING)
    if issubclass(type(obj), list) and type(target) is int:
        length = list.__len__(obj)
        return list.__getitem__(obj, target) if -length <= target < length else MISSING
    return MISSING


def _attribute(obj: Any, name: Any) -> object:
    cls: type = type(obj)
    if cls is CellType:
        return _in_cell(obj)
    if cls is dict or issubclass(cls, ModuleType):
        namespace = obj if cls is dict else shapes.module_globals(obj)
        return keys.item_of(namespace, name, MISSING)
    if type(name) is not str:
        return MISSING
    if issubclass(cls, type):
        found = shapes.lookup(obj, name)
        return MISSING if found is shapes.MISSING else found
    found = shapes.held(obj, name, MISSING)
    if found is MISSING and shapes.known_shape(cls, name) is shapes.DEFAULT:
        return shapes.lookup(cls, name)
    return found


def _in_cell(cell: CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:
        return MISSING
