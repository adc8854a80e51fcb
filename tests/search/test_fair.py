"""Turns: who waits in a loop is interrupted early, who works is not."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_concurrency.api import instrumentation_for
from pytest_concurrency.runtime.tasks.task import NOT_STARTED, Task
from pytest_concurrency.runtime.trace.pending import Operation
from pytest_concurrency.search.execution.engine import execute, exploring, run_copies
from pytest_concurrency.search.orders.fair import PATIENCE, Fair, Turns


class Asked:
    """Asks again and again whether one thread's turn is over."""

    def __init__(self) -> None:
        self.baton: Any = SimpleNamespace(total=0)
        self.turns = Turns(self.baton)
        self.task = Task(1, "", NOT_STARTED, None)

    def before(self, *kinds: str, site: int = 7) -> bool:
        over = False
        for kind in kinds:
            self.baton.total += 1
            self.task.operation = Operation(site, 0, None, kind)
            over = over or self.turns.is_over(self.task)
        return over


def test_reading_at_one_place_only_is_waiting() -> None:
    asked = Asked()
    assert not asked.before(*["read"] * 16)
    assert asked.before(*["read"] * 5)


def test_reading_here_and_there_is_not() -> None:
    asked = Asked()
    assert not any(asked.before("read", site=site) for site in range(100))


def test_who_writes_works() -> None:
    asked = Asked()
    assert not asked.before(*["read", "read", "write"] * 100)


def test_but_not_for_ever() -> None:
    assert Asked().before(*["read", "write"] * PATIENCE)


class Polled:
    def __init__(self) -> None:
        self.is_up = False

    def poll(self) -> None:
        while not self.is_up:
            time.sleep(0)

    def put_up(self) -> None:
        self.is_up = True


@pytest.mark.parametrize("pollers", [1, 2, 3])
def test_a_sleep_of_no_time_lets_others_run(pollers: int) -> None:
    state = Polled()
    jobs = [state.poll] * pollers + [state.put_up]
    with exploring(instrumentation_for([Polled]), 60):
        done = execute(Fair(), lambda: run_copies(jobs), 10_000)
    assert not done.outcome
    assert done.steps < 60
