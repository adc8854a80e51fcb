"""Where the program holds functions that are replaced while exploring: besides modules' globals,
default arguments, classes, instances and dicts.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from sys import getrefcount
from types import FunctionType, ModuleType
from typing import Any

from pytest_concurrency.runtime import shapes

_NOT_THE_PROGRAMS = ("pytest_concurrency", "_pytest", "pytest", "pluggy")


@dataclass(frozen=True, slots=True)
class Replacement:
    """A function, and what stands in for it while exploring."""

    original: Any
    new: Any


Replacements = Mapping[int, Replacement]
"""By the original's ``id``."""
Undo = Callable[[], object]
_elsewhere: dict[int, int] = {}
"""By the original's ``id``: how many references there were when none was the program's."""


def replace_held(replaced: Replacements) -> Iterator[Undo]:
    """Replace what default arguments, classes, instances and dicts hold; yield what takes that
    back.

    Asking the garbage collector who refers to something takes milliseconds in a large process, the
    more the more is asked for. So what has just as many references as when nothing had to be
    replaced is left out. To be called before the caller makes references of its own.
    """
    counts = {key: getrefcount(each.original) for key, each in replaced.items()}
    wanted = {key: each for key, each in replaced.items() if _elsewhere.get(key) != counts[key]}
    if wanted:
        holders = _Holders(wanted)
        yield from holders.replace()
        for key in wanted:
            _elsewhere[key] = -1 if key in holders.found else counts[key]


class _Holders:
    """One look through everything that the garbage collector knows."""

    def __init__(self, replaced: Replacements) -> None:
        self._replaced = replaced
        self.found: set[int] = set()
        """Originals (by ``id``) that had to be replaced somewhere."""

    def replace(self) -> Iterator[Undo]:
        defaults = []
        for referrer in gc.get_referrers(*[each.original for each in self._replaced.values()]):
            kind = type(referrer)
            if kind is tuple:
                defaults.append(referrer)
            elif kind is staticmethod:
                for namespace in gc.get_referrers(referrer):
                    if type(namespace) is dict:
                        yield from self._in_dict(namespace)
            elif issubclass(kind, dict):
                yield from self._in_dict(referrer)
            elif not issubclass(kind, (ModuleType, type)) and not _is_ours(kind):
                with suppress(AttributeError, TypeError):
                    # Instances may hold their attributes directly, without a dict.
                    yield from self._in_dict(object.__getattribute__(referrer, "__dict__"))
        if defaults:
            yield from self._in_defaults(defaults)

    def _new(self, value: object) -> Any:
        """Return what stands in for ``value``, itself if that is nothing."""
        replacement = self._replaced.get(id(value))
        if replacement is None:
            return value
        self.found.add(id(value))
        return replacement.new

    def _in_defaults(self, defaults: list[tuple[Any, ...]]) -> Iterator[Undo]:
        for function in gc.get_referrers(*defaults):
            if type(function) is not FunctionType or _is_module_of_ours(function.__module__):
                continue
            old = function.__defaults__
            if old is not None and any(old is each for each in defaults):
                yield partial(setattr, function, "__defaults__", old)
                function.__defaults__ = tuple(map(self._new, old))

    def _in_dict(self, namespace: dict[Any, Any]) -> Iterator[Undo]:
        if "__name__" in namespace and "__spec__" in namespace:
            return  # the globals of a module: those that count have been looked through
        if "__module__" in namespace and "__dict__" in namespace:
            if namespace["__module__"] in shapes.INSTRUMENTED_MODULES:
                yield from self._in_class(namespace)
            return
        for key, value in list(namespace.items()):
            new = self._new(value)
            if new is not value:
                yield partial(namespace.__setitem__, key, value)
                namespace[key] = new

    def _in_class(self, namespace: dict[Any, Any]) -> Iterator[Undo]:
        classes = [owner for owner in gc.get_referrers(namespace) if issubclass(type(owner), type)]
        for cls in classes:
            if _is_ours(cls):
                continue
            for key, value in list(namespace.items()):
                original = value.__func__ if type(value) is staticmethod else value
                new = self._new(original)
                if new is not original and vars(cls).get(key) is value:
                    yield partial(setattr, cls, key, value)
                    # Functions in C do not become methods; those that replace them would.
                    setattr(cls, key, staticmethod(new))


def _is_ours(cls: type) -> bool:
    """Whether a class is part of the plugin or of pytest; runs none of its code."""
    return _is_module_of_ours(type.__getattribute__(cls, "__dict__").get("__module__"))


def _is_module_of_ours(name: object) -> bool:
    return isinstance(name, str) and name.partition(".")[0] in _NOT_THE_PROGRAMS
