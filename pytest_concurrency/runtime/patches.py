"""Puts the replaced functions in place for the time of an exploration, and the originals back."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from pytest_concurrency.runtime import clock, threads


@contextmanager
def installed(namespaces: Iterable[dict[str, Any]]) -> Iterator[None]:
    """Replace ``time.sleep``, clocks and thread starts, also where ``namespaces`` (module globals)
    imported them.
    """
    undo: list[tuple[Any, str, Any]] = []
    replaced: dict[int, Any] = {}
    try:
        for name, replacement in clock.patches().items():
            original = getattr(time, name)
            replaced[id(original)] = replacement
            undo.append((time, name, original))
            setattr(time, name, replacement)
        for name, replacement in threads.PATCHES.items():
            undo.append((threading.Thread, name, getattr(threading.Thread, name)))
            setattr(threading.Thread, name, replacement)
        for namespace in namespaces:
            for name, value in list(namespace.items()):
                if id(value) in replaced:
                    undo.append((namespace, name, value))
                    namespace[name] = replaced[id(value)]
        yield
    finally:
        for owner, name, original in reversed(undo):
            if isinstance(owner, dict):
                owner[name] = original
            else:
                setattr(owner, name, original)
