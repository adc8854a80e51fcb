"""Selectors, and with them event loops, under the scheduler: whoever waits for another thread's
message lets others go on.
"""

from __future__ import annotations

import select
import selectors
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from pytest_concurrency.runtime.scheduler.baton import baton as _b
from pytest_concurrency.runtime.system.descriptors import (
    EXCEPTIONAL,
    READABLE,
    WRITABLE,
    Descriptors,
)
from pytest_concurrency.runtime.tasks.task import Task

_real_select = select.select
_real_poll: Any = getattr(select, "poll", None)


def _until(
    look: Callable[[], Any], target: Callable[[], Descriptors], timeout: float | None
) -> Any:
    """Return what ``look`` finds, at latest when ``timeout`` (seconds; None: never) has run out."""
    task = _b.holder()
    assert task is not None
    end = None if timeout is None else _b.clock.now + timeout
    while True:
        found = look()
        if any(found) and _lets_others_go_on(task):
            continue
        left = None if end is None else end - _b.clock.now
        if any(found) or (left is not None and left <= 0):
            _b.clock.looks = 0
            return found
        if not _b.wait_until_ready(task, target(), left):
            end = _b.clock.now


def _lets_others_go_on(task: Task) -> bool:
    """Let others go on if ``task`` has found something before and passed no point since: what is
    ready may be for another thread to take. Return whether there were any.
    """
    place = (task, task.steps + _b.points_since_decision)
    if place != _b.found_at:
        _b.found_at = place
        return False
    _b.poll()
    if len(_b.enabled) < 2:
        return False
    return _b.wait_until_ready(task, _Turn(), None)


class _Turn(Descriptors):
    """What a thread waits for that lets others go on: that one has, or that none can."""

    __slots__ = ("_total",)

    def __init__(self) -> None:
        super().__init__("others to go on", {})
        self._total = _b.total + 1  # the wait itself counts

    def are_ready(self) -> bool:
        return _b.total > self._total or not _b.enabled


def _selecting(cls: type[selectors.BaseSelector]) -> Callable[..., Any]:
    real = cls.select

    def select_ready(self: Any, timeout: float | None = None) -> Any:
        if _b.holder() is None:
            return real(self, timeout)
        return _until(partial(real, self, 0), partial(_of_selector, self), timeout)

    return select_ready


def _of_selector(selector: selectors.BaseSelector) -> Descriptors:
    keys = (selector.get_map() or {}).values()
    what = "what its selector or event loop waits for"
    if hasattr(selector, "fileno"):
        return Descriptors(what, {selector.fileno(): READABLE}, [key.fd for key in keys])
    return Descriptors(what, {key.fd: _mask_of(key.events) for key in keys})


def _mask_of(events: int) -> int:
    reading = READABLE if events & selectors.EVENT_READ else 0
    return reading | (WRITABLE if events & selectors.EVENT_WRITE else 0)


def _select(
    rlist: Iterable[Any], wlist: Iterable[Any], xlist: Iterable[Any], timeout: Any = None, /
) -> Any:
    if _b.holder() is None or not (timeout is None or isinstance(timeout, (int, float))):
        return _real_select(rlist, wlist, xlist, timeout)
    groups = (list(rlist), list(wlist), list(xlist))

    def target() -> Descriptors:
        masks: dict[int, int] = {}
        for group, mask in zip(groups, (READABLE, WRITABLE, EXCEPTIONAL), strict=True):
            for each in group:
                number = each if isinstance(each, int) else each.fileno()
                masks[number] = masks.get(number, 0) | mask
        return Descriptors("what it selects", masks)

    return _until(partial(_real_select, *groups, 0), target, timeout)


class _Poll:
    """Replaces the objects of ``select.poll``."""

    def __init__(self) -> None:
        self._real = _real_poll()
        self._masks: dict[int, int] = {}

    def register(self, fd: Any, eventmask: int = READABLE | WRITABLE | EXCEPTIONAL, /) -> None:
        """Register."""
        self._real.register(fd, eventmask)
        self._masks[_number_of(fd)] = eventmask

    def modify(self, fd: Any, eventmask: int, /) -> None:
        """Modify."""
        self._real.modify(fd, eventmask)
        self._masks[_number_of(fd)] = eventmask

    def unregister(self, fd: Any, /) -> None:
        """Unregister."""
        self._real.unregister(fd)
        self._masks.pop(_number_of(fd), None)

    def poll(self, timeout: float | None = None, /) -> Any:
        """Poll."""
        if _b.holder() is None:
            return self._real.poll(timeout)
        seconds = None if timeout is None or timeout < 0 else timeout / 1000
        target = partial(Descriptors, "what it polls", self._masks)
        return _until(partial(self._real.poll, 0), target, seconds)


def _number_of(fd: Any) -> int:
    return fd if isinstance(fd, int) else int(fd.fileno())


def patches() -> dict[Any, dict[str, Any]]:
    """Return what is replaced, by the module or class that holds it."""
    found: dict[Any, dict[str, Any]] = {select: {"select": _select, "poll": _Poll}}
    for cls in vars(selectors).values():
        if isinstance(cls, type) and "select" in vars(cls) and cls is not selectors.BaseSelector:
            found[cls] = {"select": _selecting(cls)}
    return found
