"""Describes objects as plain data, by what they keep: no code of their classes runs.

Objects of the program's own classes are their class and attributes; one that was met before is
told to be the same, unless its class says itself what it equals: then it is a value. Of what others
have made (locks, threads, files) only the type is told, but for containers, values, and how many
permits semaphores have. Addresses,
idents and names of threads are left out.
"""

from __future__ import annotations

import datetime
import re
from collections import UserDict, UserList, deque
from collections.abc import Callable, Iterable, Mapping, Set
from decimal import Decimal
from enum import Enum
from io import BytesIO, StringIO
from pathlib import PosixPath, PurePosixPath, PureWindowsPath, WindowsPath
from queue import Queue
from threading import BoundedSemaphore, Semaphore, Thread
from types import FunctionType, MemberDescriptorType, ModuleType, SimpleNamespace
from typing import Any, Final
from uuid import UUID
from zlib import crc32

from pytest_concurrency._compat import ENUM_NAME, PERMITS
from pytest_concurrency.detect.outcome import ITEM, Path, Placed
from pytest_concurrency.runtime.effects import shapes
from pytest_concurrency.runtime.effects.foreign import (
    INSTRUMENTED_MODULES,
    class_name,
    is_derived,
    is_one_of,
    module_of,
    mro,
)
from pytest_concurrency.runtime.effects.memory import ids_of

_MOST: Final = 1000
"""Objects that are described; beyond, nothing is told."""
_DEEPEST: Final = 60
_LONGEST: Final = 120
"""Characters or bytes of a text that are shown; the rest is a checksum."""
_LARGEST: Final = 1 << 1000
_REGION_BITS: Final = 32
_ALIGNMENT: Final = 8
_BEYOND: Final = "..."
_PLAIN: Final = ids_of({bool, type(None)})
_VALUES: Final = ids_of(
    {
        datetime.date,
        datetime.timedelta,
        Decimal,
        UUID,
        PosixPath,
        WindowsPath,
        PurePosixPath,
        PureWindowsPath,
        range,
        complex,
    }
)
"""Values of the standard library, whose ``repr`` is code of its own."""
_PASSING: Final = re.compile(r"0x[0-9a-fA-F]{6,}|\bThread-\d+|\bThreadPoolExecutor-\d+_\d+")
"""In texts: addresses, and names that count through the process."""
_args_of: Any = vars(BaseException)["args"].__get__


def is_programs_class(cls: type) -> bool:
    """Whether a class is the program's own, and so what its instances keep is its state."""
    module = module_of(cls)
    return type(module) is str and module in INSTRUMENTED_MODULES


class Describer:
    """Describes the objects of one execution: what was met before is known."""

    def __init__(
        self, idents: Set[int], addresses: Iterable[int], placed: Set[int] = frozenset()
    ) -> None:
        self._idents = idents
        """Numbers that are threads'."""
        self._placed = placed
        """Addresses of lists whose items were put in places."""
        self._regions = {address >> _REGION_BITS for address in addresses} - {0}
        """Where objects lie."""
        self._met: dict[int, str] = {}
        """By address: what an object is called when it is met again."""
        self._values: dict[int, Any] = {}
        """By address: what a value or container was described as."""
        self._left = _MOST
        self.has_met_thread = False
        """Whether a number of a thread is in what was described."""

    def has_met(self, value: object) -> bool:
        """Whether it has been described."""
        return id(value) in self._met or id(value) in self._values

    def describe(self, value: Any, path: Path, name: str, depth: int = 0) -> Any:
        """Return ``value`` as plain data; ``name`` is what it may be called later on."""
        kind: type = type(value)
        if id(kind) in _PLAIN:
            return value
        if kind is int:
            return self._of_int(value)
        if kind is float:
            return value if value == value else "nan"
        if kind is str:
            return _short(_PASSING.sub("<passing>", value))
        if kind is bytes or kind is bytearray:
            return _short(bytes(value))
        self._left -= 1
        if self._left < 0 or depth > _DEEPEST:
            return _BEYOND
        if id(value) in self._met:
            return self._met[id(value)]
        if id(value) in self._values:
            return self._values[id(value)]
        return self._of_object(value, kind, path, name, depth + 1)

    def _of_int(self, value: int) -> Any:
        if value in self._idents:
            self.has_met_thread = True
            return "<ident of a thread>"
        if value >> _REGION_BITS in self._regions and not value % _ALIGNMENT:
            return "<address>"
        return value if -_LARGEST < value < _LARGEST else f"<{value.bit_length()} bits>"

    def _of_object(self, value: Any, kind: type, path: Path, name: str, depth: int) -> Any:
        if is_derived(kind, (Enum,)):
            return f"{class_name(kind)}.{(shapes.attributes_of(value) or {}).get(ENUM_NAME)}"
        if is_programs_class(kind):
            return self._of_programs(value, kind, path, name, depth)
        described = self._of_container(value, kind, path, name, depth)
        if described is not None:
            return described
        if id(kind) in _VALUES or (is_one_of(kind, _CLOCKED) and value.tzinfo is None):
            return repr(value)
        if is_one_of(kind, _BUFFERS):
            return "<closed>" if value.closed else _short(value.getvalue())
        if is_one_of(kind, _COUNTING):
            permits = (shapes.attributes_of(value) or {}).get(PERMITS)
            return f"<{class_name(kind)} with {permits} permits>"
        if kind is FunctionType:
            return f"<function {value.__qualname__}>"
        if issubclass(kind, type):
            return f"<class {class_name(value)}>"
        if issubclass(kind, BaseException):
            return self._with_class(value, kind, {"args": list(_args_of(value))}, path, name, depth)
        if kind is SimpleNamespace or is_derived(kind, _WRAPPING):
            kept = shapes.attributes_of(value) or {}
            shown = {k: v for k, v in kept.items() if k in ("data", "queue")}
            kept = kept if kind is SimpleNamespace else shown
            return self._with_class(value, kind, kept, path, name, depth)
        return f"<{class_name(kind)}>"

    def _of_programs(self, value: Any, kind: type, path: Path, name: str, depth: int) -> Any:
        told = class_name(kind)
        if shapes.lookup(kind, "__eq__") is _EQUAL_IF_SAME:
            self._met[id(value)] = f"<the {told} of {name}>"
        else:
            self._values[id(value)] = f"<{told}>"  # until it is known: what holds itself
        items = self._of_container(value, kind, path, name, depth)
        described = self._with_class(value, kind, _kept(value, kind), path, name, depth)
        if items is not None:
            described["items"] = items
        if id(value) not in self._met:
            self._values[id(value)] = described
        return described

    def _with_class(
        self, value: Any, kind: type, kept: Mapping[str, Any], path: Path, name: str, depth: int
    ) -> dict[str, Any]:
        self._values.setdefault(id(value), f"<{class_name(kind)}>")
        described: dict[str, Any] = {"class": class_name(kind)}
        for key in sorted(kept):
            place = f"{name}.{key}"
            described[key] = self.describe(kept[key], (*path, key), place, depth)
        return described

    def _of_container(self, value: Any, kind: type, path: Path, name: str, depth: int) -> Any:
        for base, describing in _CONTAINERS:
            if is_derived(kind, (base,)):
                self._values.setdefault(id(value), f"<{class_name(kind)}>")
                described = describing(self, value, path, name, depth)
                self._values[id(value)] = described
                return described
        return None

    def _of_list(self, value: Any, path: Path, name: str, depth: int) -> Any:
        each = deque.__iter__(value) if issubclass(type(value), deque) else list.__iter__(value)
        items = self._of_items(each, path, name, depth)
        return Placed(items) if id(value) in self._placed else items

    def _of_items(self, items: Any, path: Path, name: str, depth: int) -> list[Any]:
        path = (*path, ITEM)
        found = []
        for index, item in enumerate(items):
            if self._left < 0:
                break
            found.append(self.describe(item, path, f"{name}[{index}]", depth))
        return found

    def _of_tuple(self, value: Any, path: Path, name: str, depth: int) -> Any:
        return tuple(self._of_items(tuple.__iter__(value), path, name, depth))

    def _of_set(self, value: Any, path: Path, name: str, depth: int) -> Any:
        base: Any = set if issubclass(type(value), set) else frozenset
        return sorted(self._of_items(base.__iter__(value), path, name, depth), key=repr)

    def _of_dict(self, value: Any, path: Path, name: str, depth: int) -> Any:
        pairs: list[tuple[Any, Any]] = []
        for key, item in list(dict.items(value)):
            told = self.describe(key, (*path, "key"), f"a key of {name}", depth)
            shown = told if type(told) in (str, int, bool, type(None)) else repr(told)
            place = (*path, str(shown))
            pairs.append((shown, self.describe(item, place, f"{name}[{shown!r}]", depth)))
        found = dict(pairs)
        return found if len(found) == len(pairs) else sorted(pairs, key=repr)  # some look the same


_EQUAL_IF_SAME: Final = vars(object)["__eq__"]
_WRAPPING: Final = (UserDict, UserList, Queue)
_COUNTING: Final = (Semaphore, BoundedSemaphore)
_BUFFERS: Final = (StringIO, BytesIO)
_CLOCKED: Final = (datetime.datetime, datetime.time)
_CONTAINERS: Final[tuple[tuple[type, Callable[..., Any]], ...]] = (
    (dict, Describer._of_dict),
    (list, Describer._of_list),
    (deque, Describer._of_list),
    (tuple, Describer._of_tuple),
    (set, Describer._of_set),
    (frozenset, Describer._of_set),
)


def _kept(value: Any, kind: type) -> dict[str, Any]:
    """Return the attributes of an instance, by name."""
    found: dict[str, Any] = {}
    is_thread = is_derived(kind, (Thread,))
    for base in mro(kind) or ():
        if is_programs_class(base):
            for name, member in shapes.namespace_of(base).items():
                if type(member) is MemberDescriptorType:
                    slot = shapes.held(value, name, shapes.MISSING)
                    if slot is not shapes.MISSING:
                        found[name] = slot
    attributes = shapes.attributes_of(value) or {}
    for name in [name for name in attributes if type(name) is str]:
        if not name.startswith("@") and not (is_thread and name.startswith("_")):
            found[name] = attributes[name]
    return found


def _short(text: Any) -> Any:
    if len(text) <= _LONGEST:
        return text
    data = text if type(text) is bytes else text.encode("utf-8", "replace")
    return f"{text[:_LONGEST]!r}... ({len(text)} long, {crc32(data):08x})"


def is_state(value: object) -> bool:
    """Whether an object is more than a value that never changes, and not a module, a function or
    a class: something that two workers may share.
    """
    kind = type(value)
    if issubclass(kind, (ModuleType, type)) or kind is FunctionType:
        return False
    return is_programs_class(kind) or is_derived(
        kind,
        (*(base for base, _ in _CONTAINERS), bytearray, SimpleNamespace, *_WRAPPING, *_BUFFERS),
    )
