"""Context managers: locks are taken under the scheduler, and what is not instrumented is used.

Entering and leaving a foreign context manager is a use of it. Some change what the whole process
shares, such as ``sys.stdout`` or the warnings filters: theirs is a use of that.
"""

from __future__ import annotations

import sys
import threading
from contextlib import ExitStack
from types import FunctionType, MethodType
from typing import Any, Final

from pytest_concurrency._compat import lock_of
from pytest_concurrency.runtime.effects import shapes
from pytest_concurrency.runtime.effects.foreign import Shared, shared_by
from pytest_concurrency.runtime.helpers.access import touch
from pytest_concurrency.runtime.helpers.blocking.locks import before_release, note_permits, point
from pytest_concurrency.runtime.helpers.blocking.simple_queues import SIMPLE_QUEUE
from pytest_concurrency.runtime.helpers.blocking.stand_ins import PYTHON_MADE, STAND_INS
from pytest_concurrency.runtime.helpers.methods import prepared
from pytest_concurrency.runtime.scheduler.baton import baton as _b
from pytest_concurrency.runtime.trace.operations import USE
from pytest_concurrency.runtime.trace.resource import WHOLE
from pytest_concurrency.runtime.trace.sites import INTERNAL


class ForeignManager:
    """Stands in for a foreign context manager in the ``with`` statement that uses it."""

    __slots__ = ("manager", "site", "target")

    def __init__(self, manager: Any, site: int, target: Any) -> None:
        self.manager = manager
        self.site = site
        self.target = target

    def __enter__(self) -> Any:
        self._use()
        result = type(self.manager).__enter__(self.manager)
        if type(self.target) is Shared:
            try:
                self._use()  # others may change it before the body begins
            except BaseException:
                type(self.manager).__exit__(self.manager, *sys.exc_info())
                raise
        return result

    def __exit__(self, *exc_info: object) -> Any:
        try:
            self._use()
        finally:  # the execution may have ended meanwhile: what was entered must be left
            result = type(self.manager).__exit__(self.manager, *exc_info)
        return result

    def _use(self) -> None:
        touch(self.site, self.target, self.target, WHOLE, WHOLE, USE)


class ManagedSemaphore:
    """Stands in for a semaphore in the ``with`` statement that uses it."""

    __slots__ = ("leaving", "semaphore", "site")

    def __init__(self, semaphore: Any, site: int, leaving: int) -> None:
        self.semaphore = semaphore
        self.site = site
        self.leaving = leaving

    def __enter__(self) -> Any:
        note_permits(self.semaphore, point(self.semaphore, self.site, "call"))
        return self.semaphore.__enter__()

    def __exit__(self, *exc_info: object) -> Any:
        task = before_release(self.semaphore, self.leaving, self.semaphore.release)
        note_permits(self.semaphore, task)
        return self.semaphore.__exit__(*exc_info)


def enter_with(manager: Any, site: int, leaving: int = INTERNAL) -> Any:
    """Wrap the context expression of a ``with`` statement; ``leaving`` is the site of its end."""
    stand_in = STAND_INS.get(id(type(manager)))
    if _b.current is None and _b.amplifier is None:
        return manager
    if stand_in is not None and type(manager) is not SIMPLE_QUEUE:
        return stand_in(manager, site, leaving)
    if site == INTERNAL:
        return manager
    if _enters_as(manager, threading.Condition):
        stand_in = STAND_INS.get(id(type(lock_of(manager))))
        if stand_in is not None:
            return stand_in(lock_of(manager), site, leaving)
    if _enters_as(manager, threading.Semaphore):
        return ManagedSemaphore(manager, site, leaving)
    if issubclass(type(manager), PYTHON_MADE):
        point(manager, site, "call")
        return manager
    shared = shared_by(type(manager))
    if shared is not None:
        return ForeignManager(manager, site, shared)
    if shapes.known_shape(type(manager), "__enter__") is not shapes.METHOD:
        return manager
    if type(shapes.lookup(type(manager), "__exit__")) is FunctionType:
        # No frame of ours comes between the program and a method written in Python.
        touch(site, manager, manager, WHOLE, WHOLE, USE)
        return manager
    return ForeignManager(manager, site, manager)


_ENTER_CONTEXT: Final = ExitStack.enter_context


def enter_context(callee: Any, site: int, leaving: int, /, *args: Any, **kwargs: Any) -> Any:
    """Return the call of ``ExitStack.enter_context()``, or of what is called like it, ready to be
    made by the caller's own frame; the stack enters and leaves what a ``with`` statement would.
    """
    if len(args) == 1 and _is_of_stack(callee):
        args = (enter_with(args[0], site, leaving),)
    return prepared(callee, args, kwargs)


def _is_of_stack(callee: Any) -> bool:
    return type(callee) is MethodType and callee.__func__ is _ENTER_CONTEXT


def _enters_as(manager: Any, cls: Any) -> bool:
    """Whether entering and leaving ``manager`` is what this class of ``threading`` defines."""
    own = type(manager)
    return issubclass(own, cls) and all(
        shapes.lookup(own, name) is vars(cls)[name] for name in ("__enter__", "__exit__")
    )
