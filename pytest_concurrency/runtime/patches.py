"""Puts the replaced functions in place for the time of an exploration, and the originals back."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from types import ModuleType
from typing import Any

from pytest_concurrency.runtime import chance, clock, executors, shapes, threads
from pytest_concurrency.runtime.held import replace_held


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
        for owner, by_name in replacements.items():
            for name, replacement in by_name.items():
                original = getattr(owner, name, None)
                if original is None:
                    continue
                if isinstance(owner, ModuleType):
                    replaced[id(original)] = (original, replacement)
                undo.append(partial(setattr, owner, name, original))
                setattr(owner, name, replacement)
        is_known = False
        for namespace in namespaces:
            for name, value in list(namespace.items()):
                if id(value) in replaced:
                    undo.append(partial(namespace.__setitem__, name, value))
                    namespace[name] = replaced[id(value)][1]
                elif value is not time:
                    continue
                is_known = is_known or namespace.get("__name__") in shapes.INSTRUMENTED_MODULES
        if is_known:  # else the program can hardly hold what it does not know
            undo += replace_held(replaced)
        logger = logging.getLogger("concurrent.futures")
        undo.append(partial(logger.removeFilter, executors.is_news))
        logger.addFilter(executors.is_news)
        yield
    finally:
        for put_back in reversed(undo):
            put_back()
