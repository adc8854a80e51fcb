"""What keys equal: of two threads that each make a key for themselves, a date, a path or a frozen
dataclass, both mean the same item.

Nothing here runs code of the program under test, as in ``shapes``: keys whose classes say in code
of the program what they equal are known as the objects that they are.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable, Iterable
from types import FunctionType, GenericAlias
from typing import Any, Final

from pytest_concurrency.runtime.effects.foreign import class_name, module_of
from pytest_concurrency.runtime.effects.memory import ids_of, memory, remember
from pytest_concurrency.runtime.effects.shapes import (
    PLAIN_KEYS,
    held,
    lookup,
    namespace_of,
    owner_of_name,
)

_AsObject = Callable[[object], Any]
"""Stands for an object that only equals itself, as far as is known."""
_Comparable = Callable[[Any, _AsObject], Any]

_LARGEST = 10_000
_LARGEST_COMPARED = 1_000
"""Items of a dictionary that is looked through for a plain key, and for one that is made of parts.
"""


def comparable(key: object, as_object: _AsObject) -> Any:
    """Return something hashable that compares as the key does."""
    cls = type(key)
    if id(cls) in PLAIN_KEYS:
        return key
    return (_COMPARABLE.get(id(cls)) or remember(_COMPARABLE, cls, _how(cls)))(key, as_object)


def item_of(mapping: dict[Any, Any], key: object, default: object = None) -> Any:
    """Return an item of a dictionary, without comparing with keys whose classes say themselves what
    they equal."""
    kind = type(key)
    if id(kind) in PLAIN_KEYS:
        if dict.__len__(mapping) <= _LARGEST:
            for each, value in dict.items(mapping):
                if type(each) is kind and each == key:
                    return value
    elif dict.__len__(mapping) <= _LARGEST_COMPARED:
        wanted = comparable(key, _by_address)
        for each, value in dict.items(mapping):
            if each is key or (type(each) is kind and comparable(each, _by_address) == wanted):
                return value
    return default


def plain_value(key: Any) -> Any:
    """Return the built-in value that ``key`` equals, None if it is not known to equal any."""
    cls = type(key)
    base = next((base for base in _EXACT if issubclass(cls, base)), None)
    return None if base is None or not _compares_as(cls, base) else _EXACT[base](key)


_EXACT: Final[dict[type, Any]] = {
    str: str.__str__,
    int: int.__int__,
    bytes: bytes.__bytes__,
    float: float.__float__,
}
"""What gives the built-in value inside an instance of a subclass."""
_COMPARABLE: dict[int, _Comparable] = memory()
"""What makes keys of a class comparable."""
_VALUES: Final = ids_of([complex, range, datetime.date, datetime.timedelta, datetime.timezone])
"""Classes in C whose instances are compared by value, and never change."""
_MOMENTS: Final = ids_of([datetime.datetime, datetime.time])
"""The same, but if the program says in code of its own what time zone it is."""
_PARTS: Final = {
    ("uuid", "UUID"): ("int",),
    ("fractions", "Fraction"): ("_numerator", "_denominator"),
}
"""Attributes that make up a value of a class of the standard library."""
_PATHS: Final = frozenset({"PosixPath", "PurePosixPath"})


def _how(cls: type) -> _Comparable:
    if issubclass(cls, tuple) and _compares_as(cls, tuple):
        return _items
    if cls is frozenset:
        return lambda key, as_object: frozenset([comparable(part, as_object) for part in key])
    if cls is slice:
        return lambda key, as_object: (
            "slice",
            *_all((key.start, key.stop, key.step), as_object),
        )
    if cls is GenericAlias:
        return lambda key, as_object: (
            "alias",
            *_all((key.__origin__, *key.__args__), as_object),
        )
    return _how_by_value(cls) or (lambda key, as_object: as_object(key))


def _how_by_value(cls: type) -> _Comparable | None:
    if issubclass(cls, tuple(_EXACT)):
        return lambda key, as_object: as_object(key) if (v := plain_value(key)) is None else v
    module, name = module_of(cls), class_name(cls)
    if id(cls) in _VALUES:
        return lambda key, as_object: key
    if id(cls) in _MOMENTS:
        return lambda key, as_object: key if _has_known_zone(key) else as_object(key)
    if (module, name) == ("decimal", "Decimal"):
        return lambda key, as_object: as_object(key) if key.is_nan() else key
    if module.partition(".")[0] == "pathlib" and name in _PATHS:
        return lambda key, as_object: ("path", os.fspath(key))
    parts = _PARTS.get((module, name)) or _fields_compared(cls)
    if not parts:
        return None
    return lambda key, as_object: (as_object(cls), *_all((held(key, p) for p in parts), as_object))


def _fields_compared(cls: type) -> tuple[str, ...]:
    """Return the fields that a dataclass is compared and hashed by, if it was left to Python to
    write how; none for any other class.
    """
    owner = owner_of_name(cls, "__eq__")
    if owner is None or owner is not owner_of_name(cls, "__hash__"):
        return ()
    namespace = namespace_of(owner)
    if "__dataclass_params__" not in namespace:
        return ()
    methods = (namespace["__eq__"], namespace["__hash__"])
    if not all(type(m) is FunctionType and m.__code__.co_filename == "<string>" for m in methods):
        return ()
    fields = namespace["__dataclass_fields__"].values()
    return tuple(field.name for field in fields if field.compare)


def _has_known_zone(moment: Any) -> bool:
    zone = type(moment.tzinfo)
    return moment.tzinfo is None or zone is datetime.timezone or module_of(zone) == "zoneinfo"


def _compares_as(cls: type, base: type) -> bool:
    return all(lookup(cls, name) is base.__dict__[name] for name in ("__eq__", "__hash__"))


def _items(key: tuple[Any, ...], as_object: _AsObject) -> tuple[Any, ...]:
    return _all(tuple.__iter__(key), as_object)


def _all(parts: Iterable[object], as_object: _AsObject) -> tuple[Any, ...]:
    return tuple([comparable(part, as_object) for part in parts])


def _by_address(obj: object) -> Any:
    return ("@", id(obj))
