"""Simple queues under the scheduler."""

from __future__ import annotations

import queue
from typing import Any

from pytest_concurrency.runtime.helpers.blocking.locks import point
from pytest_concurrency.runtime.scheduler.baton import baton as _b
from pytest_concurrency.runtime.scheduler.identity import inner_serial_of
from pytest_concurrency.runtime.tasks.task import Waiting
from pytest_concurrency.runtime.trace.operations import CALL, GOT, PUT, READ, REFUSED

SIMPLE_QUEUE = queue.SimpleQueue


def _get(source: Any, site: int, block: bool = True, timeout: float | None = None) -> Any:
    task = point(source, site, CALL)
    if task is None or (block and timeout is not None and timeout < 0):
        return source.get(block, timeout)  # which may raise
    end = None if timeout is None or not block else _b.clock.now + timeout
    is_over = not block
    number = inner_serial_of(source)
    while True:
        try:
            item = source.get(False)
            _b.record.note(task.index, number, "", GOT, site)
            return item
        except queue.Empty:
            left = None if end is None else end - _b.clock.now
            if is_over or (left is not None and left <= 0):
                _b.record.note(task.index, number, "", REFUSED, site)
                raise
            is_over = not _b.block(task, Waiting("queue", source), id(source), left)


def _put(
    target: Any, site: int, value: Any, block: bool = True, timeout: float | None = None
) -> None:
    point(target, site, CALL)
    target.put(value, block, timeout)
    task = _b.holder()
    if task is not None:
        _b.record.note(task.index, inner_serial_of(target), "", PUT, site)
        if id(target) in _b.waiters:
            _b.wake(id(target))


class ManagedSimpleQueue:
    """Stands in for a ``SimpleQueue`` in the expression that uses it."""

    __slots__ = ("queue", "site")

    def __init__(self, queue: Any, site: int) -> None:
        self.queue = queue
        self.site = site

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Get."""
        return _get(self.queue, self.site, block, timeout)

    def get_nowait(self) -> Any:
        """Get without waiting."""
        return _get(self.queue, self.site, False)

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """Put."""
        _put(self.queue, self.site, item, block, timeout)

    put_nowait = put

    def empty(self) -> bool:
        """Look whether there is nothing in it."""
        point(self.queue, self.site, READ)
        return bool(self.queue.empty())

    def qsize(self) -> int:
        """Look how much is in it."""
        point(self.queue, self.site, READ)
        return int(self.queue.qsize())

    def __getattr__(self, name: str) -> Any:
        return getattr(self.queue, name)
