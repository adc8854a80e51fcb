"""One after another: the default order, where a thread that waits for a time is waited for."""

from __future__ import annotations

from typing import Literal

from pytest_concurrency.runtime.tasks.task import Task
from pytest_concurrency.search.orders.fair import Fair
from pytest_concurrency.search.orders.follow import sleeps

Patient = Literal["waits", "sleeps"]


class OneByOne(Fair):
    """Like ``Fair``, but the next thread starts only when the one before has ended, or waits for
    something that only others can give.

    A sleep ends by itself, so nobody else runs meanwhile; nor, with ``"waits"``, while a wait goes
    on that has a time limit. With ``"sleeps"`` others may end such a wait.
    """

    name = "one-by-one"
    longest_early_wait = float("inf")

    def __init__(self, patient: Patient) -> None:
        self._patient = patient

    def hurry(self, sleepers: list[Task], task: Task) -> Task | None:
        """Let time go on to the end of the running thread's own wait."""
        if task not in sleepers or (self._patient == "sleeps" and not sleeps(task)):
            return None
        return None if self._turns.is_over(task) else task
