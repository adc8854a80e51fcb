"""Where the program holds functions that are replaced while exploring: besides modules' globals,
default arguments, classes, instances and dicts.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from types import FunctionType, ModuleType
from typing import Any

from pytest_concurrency.runtime import shapes

_NOT_THE_PROGRAMS = ("pytest_concurrency", "_pytest", "pytest", "pluggy")

Replacements = Mapping[int, tuple[Any, Any]]
"""By the original's ``id``: the original and what replaces it."""
_holders: dict[int, tuple[tuple[Any, ...], list[FunctionType]]] = {}
"""Default arguments that have been found to hold something that is replaced, and whose they are."""
Undo = Callable[[], object]


def replace_held(replaced: Replacements) -> Iterator[Undo]:
    """Replace what default arguments, classes, instances and dicts hold; yield what takes that
    back.

    Asking the garbage collector who refers to something takes milliseconds, however much it is
    asked for: so all at once, and again only for what may be in a class of the program.
    """
    originals = [original for original, _ in replaced.values()]
    defaults = []
    for referrer in gc.get_referrers(*originals):
        kind = type(referrer)
        if kind is tuple:
            defaults.append(referrer)
        elif kind is staticmethod:
            for namespace in gc.get_referrers(referrer):
                if type(namespace) is dict:
                    yield from _replace_in_dict(namespace, replaced)
        elif issubclass(kind, dict):
            yield from _replace_in_dict(referrer, replaced)
        elif not issubclass(kind, (ModuleType, type)) and not _is_ours(kind):
            with suppress(AttributeError, TypeError):
                # Instances may hold their attributes directly, without a dict.
                yield from _replace_in_dict(object.__getattribute__(referrer, "__dict__"), replaced)
    yield from _replace_in_defaults(defaults, replaced)


def _replace_in_defaults(defaults: list[tuple[Any, ...]], replaced: Replacements) -> Iterator[Undo]:
    unknown = [each for each in defaults if id(each) not in _holders]
    for function in gc.get_referrers(*unknown) if unknown else ():
        held = getattr(function, "__defaults__", None) if type(function) is FunctionType else None
        if held is not None and any(held is each for each in unknown):
            _holders.setdefault(id(held), (held, []))[1].append(function)
    for each in unknown:
        _holders.setdefault(id(each), (each, []))
    for function in [f for each in defaults for f in _holders[id(each)][1]]:
        if type(function) is not FunctionType or _is_module_of_ours(function.__module__):
            continue
        old = function.__defaults__
        if old is not None and any(old is each for each in defaults):
            yield partial(setattr, function, "__defaults__", old)
            new = [replaced.get(id(value), (None, value))[1] for value in old]
            function.__defaults__ = tuple(new)


def _replace_in_dict(namespace: dict[Any, Any], replaced: Replacements) -> Iterator[Undo]:
    if "__name__" in namespace and "__spec__" in namespace:
        return  # the globals of a module: those that count have been looked through
    if "__module__" in namespace and "__dict__" in namespace:
        if namespace["__module__"] not in shapes.INSTRUMENTED_MODULES:
            return
        yield from _replace_in_class(namespace, replaced)
        return
    for key, value in list(namespace.items()):
        if id(value) in replaced:
            yield partial(namespace.__setitem__, key, value)
            namespace[key] = replaced[id(value)][1]


def _replace_in_class(namespace: dict[Any, Any], replaced: Replacements) -> Iterator[Undo]:
    classes = [owner for owner in gc.get_referrers(namespace) if issubclass(type(owner), type)]
    for cls in classes:
        if _is_ours(cls):
            continue
        for key, value in list(namespace.items()):
            original = value.__func__ if type(value) is staticmethod else value
            if id(original) in replaced and vars(cls).get(key) is value:
                yield partial(setattr, cls, key, value)
                # Functions in C do not become methods; those that replace them would.
                setattr(cls, key, staticmethod(replaced[id(original)][1]))


def _is_ours(cls: type) -> bool:
    """Whether a class is part of the plugin or of pytest; runs none of its code."""
    return _is_module_of_ours(type.__getattribute__(cls, "__dict__").get("__module__"))


def _is_module_of_ours(name: object) -> bool:
    return isinstance(name, str) and name.partition(".")[0] in _NOT_THE_PROGRAMS
