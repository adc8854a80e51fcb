"""Puts the replaced functions in place for the time of an exploration, and the originals back."""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import repeat
from operator import is_
from types import ModuleType
from typing import Any

from pytest_concurrency.runtime.effects import foreign
from pytest_concurrency.runtime.helpers.blocking import multiprocessing_locks
from pytest_concurrency.runtime.patches import (
    clock,
    executors,
    file_locks,
    pipes_and_children,
    randomness,
    threads,
    tracing,
)
from pytest_concurrency.runtime.patches.holders import (
    ITSELF,
    Replacement,
    Replacements,
    replace_held,
)
from pytest_concurrency.runtime.scheduler import identity
from pytest_concurrency.runtime.system import descriptors, disguise
from pytest_concurrency.runtime.system.disguise import (
    Watched,
    disguised,
    replace,
    takes_other_code,
    watched,
)


@contextmanager
def installed(namespaces: Iterable[dict[str, Any]]) -> Iterator[None]:
    """Replace ``time.sleep``, clocks, thread starts and sources of chance, also where
    ``namespaces`` (module globals) imported them, and where objects, classes and default arguments
    hold them.
    """
    undo: list[Callable[[], object]] = [partial(gc.callbacks.remove, identity.before_collection)]
    gc.callbacks.append(identity.before_collection)
    threads.expect_hooks()
    multiprocessing_locks.manage()
    replacements = _replacements()
    replaced = _by_original(replacements)
    try:
        if any(_knows(namespace, replaced) for namespace in namespaces):
            undo += replace_held(replaced)
        for owner, by_name in replacements.items():
            for name, new in by_name.items():
                undo += replace(owner, name, new)
        for namespace in namespaces:
            if not _holds_any(namespace, replaced):
                continue
            for name, value in list(namespace.items()):
                if id(value) in replaced:
                    undo.append(partial(namespace.__setitem__, name, value))
                    namespace[name] = replaced[id(value)].new
        for logger in map(logging.getLogger, ("asyncio", "concurrent.futures")):
            undo.append(partial(logger.removeFilter, executors.is_news))
            logger.addFilter(executors.is_news)
        _Installed.now = watched(replacements)
        with descriptors.noticed():
            yield
    finally:
        _Installed.now = Watched()
        for put_back in reversed(undo):
            put_back()


class _Installed:
    """What is in place."""

    now = Watched()


def renew() -> None:
    """Replace what the last execution has put back: who ends a freeze of time does so. Put back the
    hooks that it has replaced.
    """
    threads.put_usual_hooks()
    _Installed.now.renew()


def look_ahead(namespaces: Iterable[dict[str, Any]]) -> None:
    """Look for what the program holds of all that ``installed`` replaces, and replace nothing.

    Processes that are forked from this one then know.
    """
    multiprocessing_locks.manage()
    replacements = _replacements()
    for owner, by_name in replacements.items():
        for name, new in by_name.items():
            disguise.look_ahead(owner, name, new)
    replaced = _by_original(replacements)
    if any(_knows(namespace, replaced) for namespace in namespaces):
        same = {key: Replacement(each.original, ITSELF) for key, each in replaced.items()}
        del replaced  # as many references as there will be
        for _ in replace_held(same):
            pass


def _replacements() -> dict[Any, dict[str, Any]]:
    """Return what is put in place, by the module or class and the name."""
    patches = {
        time: clock.patches(),
        ThreadPoolExecutor: {"submit": executors.submit},
        **threads.patches(),
        **pipes_and_children.patches(),
        **file_locks.patches(),
        **randomness.patches(),
        **tracing.patches(),
    }
    made: dict[int, Any] = {}
    """By the original: what two modules hold stays one object."""
    for owner, by_name in patches.items():
        for name, new in by_name.items():
            if hasattr(owner, name):
                original = getattr(owner, name)
                made.setdefault(id(original), disguised(original, new))
    return {
        owner: {name: made[id(getattr(owner, name))] for name in by_name if hasattr(owner, name)}
        for owner, by_name in patches.items()
    }


def _by_original(replacements: dict[Any, dict[str, Any]]) -> dict[int, Replacement]:
    """Return what the program may hold elsewhere: functions of modules, not methods, nor what stays
    the object that it is."""
    found = [
        Replacement(original, new)
        for owner, by_name in replacements.items()
        if isinstance(owner, ModuleType)
        for name, new in by_name.items()
        if not takes_other_code(original := getattr(owner, name), new)
    ]
    return {id(each.original): each for each in found}


def _knows(namespace: dict[str, Any], replaced: Replacements) -> bool:
    """Whether the globals of a module of the program hold something that is replaced, or ``time``;
    else the program can hardly hold it elsewhere.
    """
    if namespace.get("__name__") not in foreign.INSTRUMENTED_MODULES:
        return False
    return _holds_any(namespace, replaced) or any(map(is_, namespace.values(), repeat(time)))


def _holds_any(namespace: dict[str, Any], replaced: Replacements) -> bool:
    # Every name of every module in scope, and for each search: in C.
    return not replaced.keys().isdisjoint(map(id, list(namespace.values())))
