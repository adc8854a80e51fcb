"""Whether two objects are in one state, as far as that is seen without running code of the program:
what tells a value that is computed twice from two things that are told apart.

Seen are the attributes of instances, in their ``__dict__`` and in slots, what is in containers,
what the standard library's values say that copies of them are made of; of functions the code and
what they have closed over. What keeps anything else (a lock, a file) is like nothing but itself,
and so is what is not much yet: an instance without a state, one that has a list to be filled.
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
from typing import Any, Final, NamedTuple

from pytest_concurrency.runtime.effects import shapes
from pytest_concurrency.runtime.effects.foreign import (
    INSTRUMENTED_MODULES,
    is_derived,
    is_one_of,
    module_of,
    mro,
)
from pytest_concurrency.runtime.effects.memory import memory, remember
from pytest_concurrency.runtime.scheduler.baton import baton

_MOST_OBJECTS = 100
_DEEPEST = 20
"""Beyond so many, or so deep, they are like nothing but themselves."""
_MOST_ITEMS = 1000
"""Items of a container; of a larger one only the number counts, and which container it is."""
_PLAIN: Final[Mapping[int, Callable[[Any], Hashable]]] = {
    id(int): lambda value: int.__format__(value, "x"),  # hash(-1) is hash(-2)
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
_FILLED: Final = frozenset(map(id, (list, deque, set, *_DICTS)))
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
    """Return what is equal for two objects in one state; it holds none of them.

    That is a hash, of 64 bits: an execution has thousands of them, and to keep what each is made of
    would let the garbage collector go through all that again and again.
    """
    look = _Look()
    found = look.at(value)
    return found if look.has_met_instants else hash(found)


class _Look:
    """One look at an object, and at all that it is made of."""

    def __init__(self) -> None:
        self._met: dict[int, int] = {}
        """Objects that have been met, by address: as which one."""
        self._depth = 0
        self.has_met_instants = False
        """Whether it is not equal to all that it is like."""

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
        known = _KNOWN.get(id(kind)) or remember(_KNOWN, kind, _found_out(kind))
        if known.keeps_attributes:
            return self._state(value, kind, known)
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
        if kind is datetime and baton.clock.stands_still:
            self.has_met_instants = True
            return _Instant(value)
        return self._copied_by(value, kind) if _is_value(kind) else id(value)

    def _copied_by(self, value: Any, kind: Any) -> Hashable:
        try:
            reduced = kind.__reduce_ex__(value, 4)
        except TypeError:
            return id(value)
        return (id(kind), self._all(reduced[1:] if type(reduced) is tuple else [reduced]))

    def _state(self, value: Any, kind: type, known: _Class) -> Hashable:
        held = {name: _in_slot(slot, value) for name, slot in known.slots}
        if known.namespace is not None:
            held.update(known.namespace(value))
        contained = self._contained(value, known.base)
        is_instance = known.base is object
        if is_instance and not held:
            return id(value)
        attributes = frozenset(
            [
                (name, id(part) if is_instance and _is_to_be_filled(part) else self.at(part))
                for name, part in held.items()
            ]
        )
        return (id(kind), contained, attributes)

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


class _Class(NamedTuple):
    """What is known of a class."""

    base: type
    """The built-in one that it is derived from."""
    slots: tuple[tuple[str, MemberDescriptorType], ...]
    namespace: Callable[[Any], Mapping[str, Any]] | None
    """What gives the ``__dict__`` of an instance."""
    keeps_attributes: bool
    """Whether an instance is its attributes, and what its built-in base contains, nothing else."""


_KNOWN: Final[dict[int, _Class]] = memory()
_SPECIAL: Final = (FunctionType, MethodType, MappingProxyType, re.Pattern)


def _found_out(kind: type) -> _Class:
    bases = mro(kind) or ()
    base = next((each for each in bases if _is_built_in(each)), object)
    slots = [
        (slot.__name__, slot)
        for each in bases
        if each is not base
        for slot in shapes.namespace_of(each).values()
        if type(slot) is MemberDescriptorType
    ]
    is_special = is_derived(kind, (type,)) or is_one_of(kind, _SPECIAL)
    has_attributes = not is_special and kind is not datetime and not _is_value(kind)
    keeps_attributes = has_attributes and _keeps_nothing_else(kind, base, len(slots))
    return _Class(base, tuple(slots), shapes.namespace_getter(kind), keeps_attributes)


def _is_to_be_filled(value: Any) -> bool:
    return id(type(value)) in _FILLED and not value


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
