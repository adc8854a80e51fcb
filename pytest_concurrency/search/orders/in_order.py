"""One thread after another, in a given order: what a serial run does."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any

from pytest_concurrency.runtime.tasks.protocols import View
from pytest_concurrency.runtime.tasks.task import FREE, Task
from pytest_concurrency.search.orders.follow import sleeps


class InOrder:
    """Lets the running thread go on; when it cannot, the first of ``order`` (task indices) that
    can. Without preemption, but for threads that are not in it: they come last."""

    name = "in-order"
    longest_early_wait = inf
    offers: Sequence[Any] = ()

    def __init__(self, order: Sequence[int]) -> None:
        self._rank = {index: rank for rank, index in enumerate(order)}

    def begin(self, view: View) -> bytearray | None:
        """There is nothing to prepare."""

    def changed(self) -> None:
        """The order decides, whoever is runnable."""

    def choose(self, enabled: list[Task], task: Task) -> Task:
        """Pick the running thread, or else the first in the order."""
        if task in enabled:
            return task
        return min(enabled, key=lambda each: self._rank.get(each.index, len(self._rank)))

    def hurry(self, sleepers: list[Task], task: Task) -> Task | None:
        """Let the running thread's own sleep end: nobody else runs meanwhile."""
        return task if task in sleepers and sleeps(task) else None

    def grant(self, task: Task, enabled: list[Task]) -> int:
        """Let it run as far as it can."""
        return FREE
