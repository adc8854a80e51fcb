"""Kinds of locations outside memory that other packages know: keys of a cache server, say.

A call of one of their functions touches locations that are known by name. What it does to which of
them is told by what the package gives for that function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any, Final, NamedTuple

from pytest_concurrency.runtime.effects.foreign import module_of
from pytest_concurrency.runtime.trace.resource import OUTSIDE, Outside

Does = Callable[..., Iterable[tuple[str, str]]]
"""Gets what a call gets (a method's object first), and gives the names of what the call touches,
each with what is done there: ``read``, ``write``, or ``use`` if that is not known.
"""


@dataclass(frozen=True, slots=True)
class LocationKind:
    """Locations of one kind, and the functions that touch them."""

    name: str
    """What one is called before its own name: ``cache key``."""
    functions: Mapping[str, Does]
    """By where they are defined: ``package.module.function``, ``package.module.Class.method``."""


class Known(NamedTuple):
    """What is known of a function."""

    resource: Outside
    does: Does


_KNOWN: Final[dict[str, Known]] = {}
NAMES: Final[set[str]] = set()
"""Last parts of the names of these functions: other calls need not ask."""


def add_location_kind(kind: LocationKind) -> None:
    """Know this kind from now on, in what is instrumented later."""
    resource = Outside(kind.name)
    OUTSIDE.append(resource)
    _KNOWN.update({name: Known(resource, does) for name, does in kind.functions.items()})
    _note_names()


def remove_location_kind(kind: LocationKind) -> None:
    """Forget this kind."""
    OUTSIDE.remove(Outside(kind.name))
    for name in kind.functions:
        del _KNOWN[name]
    _note_names()


def is_known(name: str) -> bool:
    """Whether some kind has the function of this name."""
    return name in _KNOWN


def _note_names() -> None:
    NAMES.clear()
    NAMES.update(name.rpartition(".")[2] for name in _KNOWN)


def known_of(callee: Any) -> tuple[Known, tuple[Any, ...]] | None:
    """Return what is known of a function or bound method, and the object that it is bound to."""
    owner: tuple[Any, ...] = ()
    module: Any = ""
    if type(callee) is MethodType:
        owner, callee = (callee.__self__,), callee.__func__
    if type(callee) is FunctionType or (
        type(callee) is BuiltinFunctionType and type(callee.__self__) is ModuleType
    ):
        module = callee.__module__
    elif type(callee) is BuiltinFunctionType:
        owner, module = (callee.__self__,), module_of(type(callee.__self__))
    else:
        return None
    known = _KNOWN.get(f"{module}.{callee.__qualname__}")
    return None if known is None else (known, owner)
