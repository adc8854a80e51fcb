"""What is behind an object of ``multiprocessing``, as the system calls it: the same in processes
that have not inherited it, but were sent it.
"""

from __future__ import annotations

import ctypes
import gc
import os
from collections import deque
from typing import Any, Final

from pytest_concurrency._compat_processes import name_of_semaphore, raw_value_of
from pytest_concurrency.runtime.effects import shapes
from pytest_concurrency.stress.outside.mappings import address_of, map_at

_MOST_PARTS: Final = 30
"""Parts of one object that are looked at."""
_OF_SERVERS: Final = "Token"
"""The type by which proxies of a manager know their object."""


def is_inherited(obj: object) -> bool:
    """Whether a worker process has an object from its parent: to be asked in a worker, whose
    inherited objects are frozen, so that the collector knows of no others than its own.
    """
    return not any(each is obj for each in gc.get_objects())


def identity_of(obj: Any) -> str:
    """Name what is behind an object; "" where nothing tells."""
    found = _of_one(obj)
    if found:
        return found
    # A queue is its pipe, an event the lock of its condition.
    parts, seen = deque(_parts_of(obj)), 0
    while parts and seen < _MOST_PARTS:
        part = parts.popleft()
        seen += 1
        found = _of_one(part)
        if found:
            return f"{type(obj).__name__} with {found}"
        parts.extend(_parts_of(part))
    return ""


def _parts_of(obj: Any) -> list[Any]:
    if not type(obj).__module__.startswith("multiprocessing"):
        return []
    return list((shapes.attributes_of(obj) or {}).values())


def _of_one(obj: Any) -> str:
    semaphore = name_of_semaphore(obj)
    if semaphore:
        return f"<semaphore {semaphore}>"
    raw = raw_value_of(obj)
    module = type(raw).__module__
    if any(base.__module__ == "_ctypes" for base in type(raw).__mro__):
        return map_at(ctypes.addressof(raw))
    if module == "mmap":
        return map_at(address_of(raw) or 0)
    if type(raw).__name__ == _OF_SERVERS and module.startswith("multiprocessing"):
        return f"<object {raw.id} of {raw.address}>"
    return _behind(raw) if module in _WITH_DESCRIPTORS else ""


_WITH_DESCRIPTORS: Final = frozenset({"multiprocessing.connection", "socket", "_socket"})


def _behind(obj: Any) -> str:
    try:
        state = os.fstat(obj.fileno())
    except (AttributeError, OSError, ValueError):
        return ""  # it is closed
    return f"<{state.st_dev}:{state.st_ino}>"
