"""What stands in for an object that blocks in C, in the expression that uses it."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from types import BuiltinMethodType, MethodType
from typing import Any

from pytest_concurrency._compat import LOCK, RLOCK
from pytest_concurrency.runtime.effects.memory import ids_of
from pytest_concurrency.runtime.helpers.blocking.locks import ManagedLock, note_permits, point
from pytest_concurrency.runtime.helpers.blocking.simple_queues import (
    SIMPLE_QUEUE,
    ManagedSimpleQueue,
)
from pytest_concurrency.runtime.scheduler.baton import baton as _b
from pytest_concurrency.runtime.trace.operations import CALL
from pytest_concurrency.runtime.trace.sites import INTERNAL

_queue_get: Any = queue.SimpleQueue().get
PYTHON_MADE = (threading.Condition, threading.Semaphore)
BOUND = ids_of([BuiltinMethodType, type(_queue_get), MethodType])
"""Types of bound methods; C has two, by calling convention."""

STAND_INS: dict[int, Callable[..., Any]] = {
    id(LOCK): ManagedLock,
    id(RLOCK): ManagedLock,
    id(SIMPLE_QUEUE): ManagedSimpleQueue,
}
"""By type."""
LOCK_METHODS = frozenset(
    [
        "acquire",
        "release",
        "acquire_lock",
        "release_lock",
        "locked",
        "__enter__",
        "__exit__",
        "_release_save",
        "_acquire_restore",
    ]
)
QUEUE_METHODS = frozenset(["get", "put", "get_nowait", "put_nowait"])


def stand_in_for(obj: Any, site: int) -> Any:
    """Return what to call a method on instead of ``obj``: a stand-in for a lock or queue, else
    ``obj``.
    """
    stand_in = STAND_INS.get(id(type(obj)))
    return obj if stand_in is None else stand_in(obj, site)


def sync_method(callee: Any, site: int) -> Any:
    """Wrap a callee named like a method of a lock or queue: bound methods of real ones are
    managed.
    """
    # Asked by type: attributes and ``isinstance`` may run code of the object.
    if (_b.current is None and _b.amplifier is None) or id(type(callee)) not in BOUND:
        return callee
    owner = callee.__self__
    stand_in = STAND_INS.get(id(type(owner)))
    if stand_in is not None:
        return getattr(stand_in(owner, site), callee.__name__, callee)
    if site != INTERNAL and issubclass(type(owner), PYTHON_MADE):
        note_permits(owner, point(owner, site, CALL))
    return callee
