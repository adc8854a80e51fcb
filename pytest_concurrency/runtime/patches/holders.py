"""Where the program holds functions that are replaced while exploring: besides modules' globals,
default arguments, classes, instances and dicts.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from sys import getrefcount
from types import FunctionType, ModuleType
from typing import Any
from weakref import ref

from pytest_concurrency._origins import runs_tests
from pytest_concurrency.runtime.effects import foreign

ITSELF = object()


@dataclass(frozen=True, slots=True)
class Replacement:
    """A function, and what stands in for it while exploring."""

    original: Any
    new: Any
    """``ITSELF``: it is looked for, and left where it is."""


Replacements = Mapping[int, Replacement]
"""By the original's ``id``."""
Undo = Callable[[], object]


@dataclass(slots=True)
class _Known:
    """What was found when one of the functions was last looked for."""

    references: int
    """How many there were, wherever from."""
    owners: list[ref[Any]]
    """Functions and classes of which some are the program's."""
    elsewhere: bool = False
    """Whether it was also held by what cannot be referred to weakly."""


_known: dict[int, _Known] = {}
"""By the original's ``id``."""


def replace_held(replaced: Replacements) -> Iterator[Undo]:
    """Replace what default arguments, classes, instances and dicts hold; yield what takes that
    back.

    Asking the garbage collector who refers to something takes milliseconds in a large process. So
    what has just as many references as the last time is not asked for again. To be called before
    the caller makes references of its own.
    """
    wanted: dict[int, Replacement] = {}
    owners: list[ref[Any]] = []
    for key, each in replaced.items():
        references = getrefcount(each.original)
        known = _known.get(key)
        if known is None or known.elsewhere or known.references != references:
            wanted[key] = each
            _known[key] = _Known(references, [])
        else:
            owners += known.owners
    holders = _Holders(replaced)
    for owner in owners:
        yield from holders.replace_in(owner())
    if wanted:
        try:
            yield from holders.find([each.original for each in wanted.values()])
        except BaseException:
            for key in wanted:  # not all that there is has been found
                del _known[key]
            raise


class _Holders:
    """One look through everything that the garbage collector knows."""

    def __init__(self, replaced: Replacements) -> None:
        self._replaced = replaced

    def find(self, originals: Sequence[object]) -> Iterator[Undo]:
        """Replace what holds ``originals`` anywhere."""
        indirect = []
        """Default arguments, static methods: what counts is who holds them."""
        for referrer in gc.get_referrers(*originals):
            kind = type(referrer)
            if kind is tuple or kind is staticmethod:
                indirect.append(referrer)
            elif kind is dict and "__module__" in referrer and "__doc__" in referrer:
                indirect.append(referrer)  # the namespace of a class
            elif issubclass(kind, dict):
                yield from self._in_dict(referrer)
            elif not issubclass(kind, (ModuleType, type)) and not _is_ours(kind):
                with suppress(AttributeError, TypeError):
                    # Instances may hold their attributes directly, without a dict.
                    yield from self._in_dict(object.__getattribute__(referrer, "__dict__"))
        for owner in gc.get_referrers(*indirect) if indirect else ():
            yield from self.replace_in(owner)

    def replace_in(self, owner: object) -> Iterator[Undo]:
        """Replace what the default arguments of a function or the attributes of a class hold."""
        if type(owner) is FunctionType:
            yield from self._in_defaults(owner)
        elif issubclass(type(owner), type):  # isinstance() may run code of the object
            cls: Any = owner
            yield from self._in_class(cls)

    def _new(self, value: object, owner: object = None) -> Any:
        """Return what stands in for ``value``, itself if that is nothing; note who holds it."""
        replacement = self._replaced.get(id(value))
        if replacement is None:
            return value
        known = _known[id(value)]
        if owner is None:
            known.elsewhere = True
        elif all(each() is not owner for each in known.owners):
            known.owners.append(ref(owner))
        return value if replacement.new is ITSELF else replacement.new

    def _in_defaults(self, function: FunctionType) -> Iterator[Undo]:
        old = function.__defaults__
        if old is None or runs_tests(function.__module__):
            return
        new = tuple(self._new(value, function) for value in old)
        if any(one is not other for one, other in zip(new, old, strict=True)):
            yield partial(setattr, function, "__defaults__", old)
            function.__defaults__ = new

    def _in_dict(self, namespace: dict[Any, Any]) -> Iterator[Undo]:
        if "__name__" in namespace and "__spec__" in namespace:
            return  # the globals of a module: those that count have been looked through
        for key, value in list(namespace.items()):
            new = self._new(value)
            if new is not value:
                yield partial(namespace.__setitem__, key, value)
                namespace[key] = new

    def _in_class(self, cls: type) -> Iterator[Undo]:
        namespace = type.__getattribute__(cls, "__dict__")
        if namespace.get("__module__") not in foreign.INSTRUMENTED_MODULES:
            return
        for key, value in list(namespace.items()):
            original = value.__func__ if type(value) is staticmethod else value
            new = self._new(original, cls)
            if new is not original:
                yield partial(setattr, cls, key, value)
                setattr(cls, key, staticmethod(new) if type(value) is staticmethod else new)


def _is_ours(cls: type) -> bool:
    """Whether a class is part of the plugin or of pytest; runs none of its code."""
    return runs_tests(type.__getattribute__(cls, "__dict__").get("__module__"))
