"""Puts the replaced functions in place for the time of an exploration, and the originals back."""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from types import FunctionType, ModuleType
from typing import Any

from pytest_concurrency.runtime import chance, clock, executors, threads

_NOT_THE_PROGRAMS = ("pytest_concurrency", "_pytest", "pytest", "pluggy")


@contextmanager
def installed(namespaces: Iterable[dict[str, Any]]) -> Iterator[None]:
    """Replace ``time.sleep``, clocks, thread starts and sources of chance, also where
    ``namespaces`` (module globals) imported them, and where objects, classes and default arguments
    hold them.
    """
    undo: list[Callable[[], object]] = []
    replaced: dict[int, tuple[Any, Any]] = {}
    threads.expect_hook()
    replacements: dict[Any, dict[str, Any]] = {
        time: clock.patches(),
        ThreadPoolExecutor: {"submit": executors.submit},
        **threads.patches(),
        **chance.patches(),
    }
    try:
        for owner, functions in replacements.items():
            for name, replacement in functions.items():
                original = getattr(owner, name, None)
                if original is None:
                    continue
                if isinstance(owner, ModuleType):
                    replaced[id(original)] = (original, replacement)
                undo.append(partial(setattr, owner, name, original))
                setattr(owner, name, replacement)
        for namespace in namespaces:
            for name, value in list(namespace.items()):
                if id(value) in replaced:
                    undo.append(partial(namespace.__setitem__, name, value))
                    namespace[name] = replaced[id(value)][1]
        undo += _replace_held(replaced)
        logger = logging.getLogger("concurrent.futures")
        undo.append(partial(logger.removeFilter, executors.is_news))
        logger.addFilter(executors.is_news)
        yield
    finally:
        for put_back in reversed(undo):
            put_back()


def _replace_held(replaced: dict[int, tuple[Any, Any]]) -> Iterator[Callable[[], object]]:
    """Replace functions that default arguments, classes, instances and dicts hold; yield what takes
    that back.
    """
    originals = [original for original, _ in replaced.values()]
    for referrer in gc.get_referrers(*originals):
        kind = type(referrer)
        if kind is tuple:
            yield from _replace_defaults(referrer, replaced)
        elif kind is staticmethod:
            for namespace in gc.get_referrers(referrer):
                if type(namespace) is dict:
                    yield from _replace_in_dict(namespace, replaced)
        elif issubclass(kind, dict):
            yield from _replace_in_dict(referrer, replaced)
        elif not issubclass(kind, (ModuleType, type)) and not _is_ours(referrer):
            with suppress(AttributeError, TypeError):
                # Instances may hold their attributes directly, without a dict.
                yield from _replace_in_dict(object.__getattribute__(referrer, "__dict__"), replaced)


def _replace_defaults(
    defaults: tuple[Any, ...], replaced: dict[int, tuple[Any, Any]]
) -> Iterator[Callable[[], object]]:
    for function in gc.get_referrers(defaults):
        is_function = type(function) is FunctionType and function.__defaults__ is defaults
        if is_function and not _is_ours(function):
            yield partial(setattr, function, "__defaults__", defaults)
            new = [replaced.get(id(value), (None, value))[1] for value in defaults]
            function.__defaults__ = tuple(new)


def _replace_in_dict(
    namespace: dict[Any, Any], replaced: dict[int, tuple[Any, Any]]
) -> Iterator[Callable[[], object]]:
    if "__name__" in namespace and "__spec__" in namespace:
        return  # the globals of a module: those that count have been looked through
    owners = gc.get_referrers(namespace)
    if any(_is_ours(owner) for owner in owners):
        return
    for key, value in list(namespace.items()):
        is_static = type(value) is staticmethod
        original = value.__func__ if is_static else value
        if id(original) not in replaced:
            continue
        new = replaced[id(original)][1]
        cls = next((owner for owner in owners if _is_class_with(owner, key, value)), None)
        if cls is not None:
            yield partial(setattr, cls, key, value)
            setattr(cls, key, staticmethod(new))  # functions in C do not become methods
        else:
            yield partial(namespace.__setitem__, key, value)
            namespace[key] = new


def _is_class_with(owner: Any, key: Any, value: Any) -> bool:
    return issubclass(type(owner), type) and vars(owner).get(key) is value


def _is_ours(obj: Any) -> bool:
    """Whether it, or its class, is part of the plugin or of pytest; runs none of its code."""
    cls = type(obj)
    if cls is FunctionType:
        module = obj.__module__
    else:
        namespace = type.__getattribute__(obj if issubclass(cls, type) else cls, "__dict__")
        module = namespace.get("__module__")
    return isinstance(module, str) and module.partition(".")[0] in _NOT_THE_PROGRAMS
