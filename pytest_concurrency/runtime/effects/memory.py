"""What is known of classes. They are known by address, and held meanwhile: to hash a class, or to
compare it, may run code of its metaclass.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

_MOST = 20_000
"""Classes, or names of one, that are remembered before all are forgotten: those that are made while
the program runs would never go away."""
_Value = TypeVar("_Value")

_MEMORIES: list[dict[int, Any]] = []
_HELD: dict[int, type] = {}


def ids_of(classes: Iterable[type]) -> frozenset[int]:
    """Return the addresses of classes that never die."""
    return frozenset(map(id, classes))


def memory() -> dict[int, Any]:
    """Return a dict for what is found out about classes: it is emptied whenever more modules are
    instrumented."""
    made: dict[int, Any] = {}
    _MEMORIES.append(made)
    return made


def remember(known: dict[int, _Value], cls: type, value: _Value) -> _Value:
    """Keep an answer about ``cls``, and return it."""
    if len(_HELD) >= _MOST:
        forget_classes()
    _HELD[id(cls)] = cls
    known[id(cls)] = value
    return value


def remember_name(
    known: dict[int, dict[str, _Value]], cls: type, name: str, value: _Value
) -> _Value:
    """Keep an answer about ``name`` in ``cls``, and return it."""
    names = known.get(id(cls))
    if names is None or len(names) >= _MOST:
        names = remember(known, cls, {})
    names[name] = value
    return value


def forget_classes() -> None:
    """Hold no class any more: what is known of them is found out again."""
    for each in _MEMORIES:
        each.clear()
    _HELD.clear()
