"""Writes down an execution in full, with values: used for the one execution that is shown, not
while searching.
"""

from __future__ import annotations

import linecache
import stat
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from reprlib import Repr
from types import CellType, MemberDescriptorType
from typing import TYPE_CHECKING, Any, cast

from pytest_concurrency.detect.lost_update import operation
from pytest_concurrency.model import Access, Operation, Site
from pytest_concurrency.runtime import containers, shapes
from pytest_concurrency.runtime.access import FILE
from pytest_concurrency.runtime.baton import baton
from pytest_concurrency.runtime.foreign import USE
from pytest_concurrency.runtime.operation import TRY, WHOLE
from pytest_concurrency.runtime.sites import SITES

if TYPE_CHECKING:
    from pytest_concurrency.search.observation import Observation

_PLAIN = (int, float, complex, bool, str, bytes, type(None))
_CONTAINERS = (list, tuple, dict, set, frozenset)
_OPERATIONS: dict[str, Operation] = {
    "file-read": "read",
    "file-write": "write",
    USE: "call",
    TRY: "acquire",
}
_short = Repr()
_short.maxstring = _short.maxother = 24
_short.maxlist = _short.maxtuple = _short.maxset = 4
_short.maxdict = 3
_MISSING = object()
_LARGEST_FILE = 1000
"""Bytes: a larger file's contents are not shown."""


def show(value: object) -> str:
    """Return a short repr that runs no code of the program under test."""
    if value is _MISSING:
        return ""
    if isinstance(value, _PLAIN) and type(value) in _PLAIN:
        return _short.repr(value)
    if type(value) in _CONTAINERS:
        parts: Any = value.items() if isinstance(value, dict) else value
        flat = [p for part in parts for p in (part if isinstance(value, dict) else (part,))]
        if all(type(part) in _PLAIN for part in flat):
            return _short.repr(value)
        return f"<{type(value).__name__} of {len(cast(Any, value))}>"
    return f"<{type(value).__name__}>"


def site_of(number: int) -> Site:
    """Return the site with this number as it is shown."""
    site = SITES[number]
    source = linecache.getline(site.path, site.line).strip()
    return Site(site.path, site.line, site.column, site.function, source)


def recorded(run: Callable[[], Observation]) -> Observation:
    """Return what ``run`` observes, with the full record of its execution."""
    recorder = _Recorder()
    baton.observer = recorder.observe
    try:
        observation = run()
    finally:
        baton.observer = None
    observation.accesses = recorder.result()[: len(observation.execution.log)]
    return observation


class _Recorder:
    """Collects an ``Access`` for each event of the execution's log, in the same order."""

    def __init__(self) -> None:
        self._accesses: list[Access] = []
        self._write: tuple[int, Callable[[], object]] | None = None
        """The last write, and what looks at its location."""

    def result(self) -> tuple[Access, ...]:
        """Return the record."""
        self._settle()
        return tuple(self._accesses)

    def observe(self, event: tuple[Any, ...], obj: object, name: object) -> None:
        self._settle()
        task = baton.current
        assert task is not None
        op = operation(event)
        shown = _OPERATIONS.get(op, op)
        look = partial(_contents, obj) if event[2] == FILE else partial(_peek, obj, name)
        value = look() if shown == "read" else _MISSING
        self._accesses.append(
            Access(
                task.index,
                task.steps + baton.points_since_decision,
                cast(Operation, shown),
                _location_name(event, obj, name),
                site_of(event[1]),
                show(value),
            )
        )
        if shown == "write":
            self._write = (len(self._accesses) - 1, look)

    def _settle(self) -> None:
        """Fill in the value of the last write, which has taken place by now."""
        if self._write is not None:
            index, look = self._write
            value = show(look())
            self._accesses[index] = replace(self._accesses[index], value=value)
            self._write = None


def _location_name(event: tuple[Any, ...], obj: object, target: object) -> str:
    site = SITES[event[1]]
    if len(event) == 3 or _is_attribute(event, obj):
        if isinstance(obj, dict):
            return f"{obj.get('__name__', '?')}.{target}"
        if isinstance(obj, CellType):
            return str(target)
        owner = obj.__name__ if isinstance(obj, type) else type(obj).__name__
        return f"{owner}.{target}"
    if event[2] == FILE:
        return f"file {Path(str(obj)).name}"
    if len(event) == 5 and event[4] == USE:
        return str(site.label).removesuffix(f".{site.name}")
    if len(event) == 5 and event[4] not in ("read", "write"):
        return str(site.label)
    if target is WHOLE:
        return str(site.label)
    return f"{site.label}[{show(event[3] if type(target) is int else target)}]"


def _is_attribute(event: tuple[Any, ...], obj: object) -> bool:
    """Whether an access by key is one to an attribute or global: through ``getattr()``,
    ``vars()``, ``globals()``."""
    if event[2] == FILE or type(event[3]) is not str:
        return False
    if isinstance(obj, dict):
        module = sys.modules.get(str(dict.get(obj, "__name__")))
        return module is not None and vars(module) is obj
    return not containers.kind_by_bases(type(obj)) and event[3] != ""


def _contents(path: object) -> object:
    """Return the text of a small regular file; ``_MISSING`` for anything else."""
    try:
        found = Path(str(path)).stat()
        if not stat.S_ISREG(found.st_mode) or found.st_size > _LARGEST_FILE:
            return _MISSING
        return Path(str(path)).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return _MISSING


def _peek(obj: Any, target: Any) -> object:
    """Look at a location without running any code of its owner; ``_MISSING`` if that cannot be
    done.
    """
    try:
        if target is WHOLE:
            return obj if type(obj) in _CONTAINERS else _MISSING
        if isinstance(obj, CellType):
            return obj.cell_contents
        if isinstance(obj, dict):
            return dict.get(obj, target, _MISSING) if type(target) in _PLAIN else _MISSING
        if isinstance(obj, list):
            return list.__getitem__(obj, target)
        if isinstance(obj, type):
            return shapes.lookup(obj, target)
        found = shapes.lookup(type(obj), target)
        if isinstance(found, MemberDescriptorType):
            return found.__get__(obj, type(obj))
        namespace = object.__getattribute__(obj, "__dict__")
        in_class = shapes.shape_of(type(obj), target) is shapes.DEFAULT
        return namespace.get(target, found if in_class else _MISSING)
    except Exception:
        return _MISSING
