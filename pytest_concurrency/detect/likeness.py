"""Whether two objects are in one state, as far as that is seen without running code of the program:
what tells a value that is computed twice from two things that are told apart.

Seen are the attributes of instances, in their ``__dict__`` and in slots, what is in containers,
what the standard library's values say that copies of them are made of; of functions the code and
what they have closed over. What keeps anything else (a lock, a file) is like nothing but itself.
"""

from __future__ import annotations

import gc
import re
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from types import (
    CellType,
    FunctionType,
    GenericAlias,
    MappingProxyType,
    MemberDescriptorType,
    MethodType,
)
from typing import Any, Final

from pytest_concurrency.runtime.effects import shapes
from pytest_concurrency.runtime.effects.foreign import (
    INSTRUMENTED_MODULES,
    is_derived,
    is_one_of,
    module_of,
    mro,
)
from pytest_concurrency.runtime.scheduler.baton import baton

_MOST_OBJECTS = 100
_DEEPEST = 20
"""Beyond so many, or so deep, they are like nothing but themselves."""
_MOST_ITEMS = 1000
"""Items of a container; of a larger one only the number counts, and which container it is."""
_PLAIN: Final[Mapping[int, Callable[[Any], Hashable]]] = {
    id(int): int.__index__,
    id(str): str.__str__,
    id(float): float.__repr__,
    id(complex): complex.__repr__,
    id(bytes): bytes.__bytes__,
    id(bool): bool.__repr__,
    id(type(None)): id,
    id(type(...)): id,
}
"""What gives the value of an instance, also of a derived class."""
_CONTAINERS: Final[Mapping[int, tuple[Any, Any]]] = {
    id(kind): (kind.__len__, kind.__iter__) for kind in (list, tuple, deque, set, frozenset)
}
_DICTS: Final = (OrderedDict, defaultdict, dict)
_UNORDERED: Final = (set, frozenset)
_VALUES: Final = frozenset(
    ("array", "datetime", "decimal", "fractions", "ipaddress", "operator", "pathlib", "uuid")
)
"""Modules whose classes are values."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_OTHER_VALUES: Final = (bytearray, range, slice, partial, GenericAlias)

# Straight from the slots: a metaclass may have attributes of these names.
_size: Any = type.__dict__["__basicsize__"].__get__
_flags: Any = type.__dict__["__flags__"].__get__
_dict_offset: Any = type.__dict__["__dictoffset__"].__get__
_weakref_offset: Any = type.__dict__["__weakrefoffset__"].__get__
_qualified_name: Any = type.__dict__["__qualname__"].__get__
_POINTER: Final = _size(object) // 2
_HAS_DICT_BEFORE: Final = 1 << 4
"""Flag of a type whose instances have their ``__dict__`` before themselves."""


def likeness_of(value: object) -> Hashable:
    """Return what is equal for two objects in one state; it holds none of them."""
    return _Look().at(value)


class _Look:
    """One look at an object, and at all that it is made of."""

    def __init__(self) -> None:
        self._met: dict[int, int] = {}
        """Objects that have been met, by address: as which one."""
        self._depth = 0

    def at(self, value: Any) -> Hashable:
        """Return what the object is compared by."""
        kind = type(value)
        plain = _PLAIN.get(id(kind))
        if plain is not None:
            return (id(kind), plain(value))
        met = self._met.get(id(value))
        if met is not None:
            return ("met", met)
        if len(self._met) >= _MOST_OBJECTS or self._depth > _DEEPEST or kind is object:
            return id(value)
        self._met[id(value)] = len(self._met)
        self._depth += 1
        found = self._made_of(value, kind)
        self._depth -= 1
        return found

    def _all(self, values: Iterable[Any]) -> tuple[Hashable, ...]:
        return tuple([self.at(value) for value in values])

    def _made_of(self, value: Any, kind: type) -> Hashable:
        if is_derived(kind, (type,)):
            return _class(value)
        if kind is FunctionType:
            closed_over = [_in_cell(cell) for cell in value.__closure__ or ()]
            return (id(value.__code__), self._all([value.__defaults__, *closed_over]))
        if kind is MethodType:
            return (id(kind), self._all([value.__func__, value.__self__]))
        if kind is MappingProxyType:
            return (id(kind), self._all(gc.get_referents(value)))
        if kind is re.Pattern:
            return (id(kind), value.pattern, value.flags)
        if kind is datetime and baton.stands_still:
            return _Instant(value)
        if _is_value(kind):
            return self._copied_by(value, kind)
        return self._state(value, kind)

    def _copied_by(self, value: Any, kind: Any) -> Hashable:
        try:
            reduced = kind.__reduce_ex__(value, 4)
        except TypeError:
            return id(value)
        return (id(kind), self._all(reduced[1:] if type(reduced) is tuple else [reduced]))

    def _state(self, value: Any, kind: type) -> Hashable:
        bases = mro(kind) or ()
        base = next((each for each in bases if _is_built_in(each)), object)
        slots = [
            slot
            for each in bases
            if each is not base
            for slot in shapes.namespace_of(each).values()
            if type(slot) is MemberDescriptorType
        ]
        if not _keeps_nothing_else(kind, base, len(slots)):
            return id(value)
        held = {slot.__name__: _in_slot(slot, value) for slot in slots}
        held.update(shapes.attributes_of(value) or {})
        contained = self._contained(value, base)
        return (id(kind), contained, frozenset((name, self.at(held[name])) for name in held))

    def _contained(self, value: Any, base: type) -> Hashable:
        if is_one_of(base, _DICTS):
            if dict.__len__(value) > _MOST_ITEMS:
                return (id(value), dict.__len__(value))
            return frozenset([(self.at(key), self.at(item)) for key, item in dict.items(value)])
        if id(base) in _PLAIN:
            return _PLAIN[id(base)](value)
        if base is object:
            return None
        length, items = _CONTAINERS[id(base)]
        if length(value) > _MOST_ITEMS:
            return (id(value), length(value))
        found = self._all(items(value))
        return frozenset(found) if is_one_of(base, _UNORDERED) else found


def _is_built_in(cls: type) -> bool:
    return is_one_of(cls, _DICTS) or id(cls) in _PLAIN or id(cls) in _CONTAINERS


class _Instant:
    """A time that the real clock may have given, which never stands still: equal are those that are
    less than a second apart.
    """

    __slots__ = ("_seconds",)

    def __init__(self, value: datetime) -> None:
        aware = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
        self._seconds = (aware - _EPOCH).total_seconds()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Instant) and abs(self._seconds - other._seconds) < 1

    def __hash__(self) -> int:
        return 0


def _is_value(cls: type) -> bool:
    if is_one_of(cls, _OTHER_VALUES):
        return True
    module = module_of(cls)
    if type(module) is not str or module in INSTRUMENTED_MODULES:
        return False
    return module.partition(".")[0] in _VALUES


def _keeps_nothing_else(cls: type, base: type, slots: int) -> bool:
    """Whether there is room for nothing but attributes: what ``copyreg`` asks of objects whose
    classes do not say how they are copied."""
    has_dict = _dict_offset(cls) != 0 and not _flags(cls) & _HAS_DICT_BEFORE
    room = slots + has_dict + (_weakref_offset(cls) > 0)
    return bool(_size(cls) <= _size(base) + room * _POINTER)


def _class(cls: type) -> Hashable:
    """Return what is equal for two classes that one statement has made."""
    names = frozenset(name for name in shapes.namespace_of(cls) if type(name) is str)
    return (id(type(cls)), str(module_of(cls)), str(_qualified_name(cls)), names)


def _in_cell(cell: CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:
        return shapes.MISSING


def _in_slot(slot: MemberDescriptorType, value: object) -> object:
    try:
        return slot.__get__(value, type(value))
    except AttributeError:
        return shapes.MISSING
