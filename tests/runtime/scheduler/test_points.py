"""Who is asked when, and what is made of the answer."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted import Repeating, Scripted, Switch, acquire, point, release, run, sleep

from pytest_concurrency.runtime.scheduler.baton import Baton


def test_a_grant_is_used_up_before_the_strategy_is_asked_again(baton: Baton) -> None:
    def job() -> None:
        for _ in range(10):
            point(baton)

    asked = []
    for points in (0, 1, 4, 10):
        strategy = Scripted(points=points)
        run(baton, strategy, job, job)
        asked.append(len(strategy.offered))
    # Who begins; then while the first of them runs its 10 points, as the other one is alone later.
    assert asked == [1 + 10, 1 + 5, 1 + 2, 1]


def test_nobody_is_asked_while_there_is_no_choice(baton: Baton) -> None:
    strategy = Scripted()
    run(baton, strategy, lambda: [point(baton) for _ in range(10)])
    assert not strategy.offered


def test_who_stands_before_a_lock_that_is_held_is_not_offered(baton: Baton) -> None:
    lock = threading.Lock()

    def hold() -> None:
        acquire(baton, lock)
        for _ in range(3):
            point(baton)
        release(baton, lock)

    strategy = Scripted(1, 1, 2, 1)
    run(baton, strategy, hold, partial(acquire, baton, lock), lambda: point(baton))
    # 1 has the lock; 2 has come to it, and is offered no more until it is released.
    assert strategy.offered[0] == [1, 2, 3]
    assert [1, 3] in strategy.offered


def test_what_became_runnable_is_told(baton: Baton) -> None:
    lock = threading.Lock()
    strategy = Scripted(1, 1, 2, 2, points=0)
    run(
        baton,
        strategy,
        lambda: (acquire(baton, lock), point(baton), release(baton, lock)),
        lambda: (acquire(baton, lock), release(baton, lock)),
    )
    assert strategy.changes


@pytest.mark.parametrize("limit", [20, 21])
def test_the_limit_holds_whatever_is_granted(baton: Baton, limit: int) -> None:
    def spin() -> None:
        while True:
            point(baton)

    run(baton, Scripted(points=1 << 30), spin, spin, limit=limit)
    assert baton.account.outcome == "step-limit"
    assert baton.total == limit


# -- any program, any choices: the switches that were recorded give the execution again ----------

STEPS = st.sampled_from(["point", "sleep", "take 0", "take 1", "give"])
PROGRAMS = st.lists(st.lists(STEPS, max_size=6), min_size=1, max_size=4)
CHOICES = st.lists(st.integers(1, 4), max_size=30)


class _Program:
    """Threads that pass points, sleep, and take two locks; what they did, in order."""

    def __init__(self, baton: Baton, threads: list[list[str]]) -> None:
        self._baton = baton
        self._threads = threads
        self._locks = [threading.Lock(), threading.Lock()]
        self.done: list[tuple[int, str]] = []
        self._inside = 0

    def jobs(self) -> list[Any]:
        return [partial(self._run, *each) for each in enumerate(self._threads, 1)]

    def _run(self, number: int, steps: list[str]) -> None:
        mine: list[threading.Lock] = []
        for step in steps:
            verb, _, which = step.partition(" ")
            if verb == "point":
                point(self._baton)
            elif verb == "sleep":
                sleep(self._baton, 0.1 * number)
            elif verb == "take" and self._locks[int(which)] not in mine:
                acquire(self._baton, self._locks[int(which)])
                mine.append(self._locks[int(which)])
            elif verb == "give" and mine:
                release(self._baton, mine.pop())
            self._inside += 1
            assert self._inside == 1, "two threads run at once"
            self.done.append((number, step))
            self._inside -= 1
        while mine:
            release(self._baton, mine.pop())


def _executed(threads: list[list[str]], strategy: Scripted) -> tuple[Any, ...]:
    baton = Baton()
    program = _Program(baton, threads)
    tasks = run(baton, strategy, *program.jobs())
    errors = [task.error for task in tasks if task.error is not None]
    assert not errors
    assert not baton.abandoned()
    baton.pool.close()
    switches: list[Switch] = list(baton.account.switches)
    steps = [task.steps for task in tasks]
    return program.done, baton.account.outcome, steps, switches


@settings(max_examples=60, deadline=None)
@given(threads=PROGRAMS, choices=CHOICES)
def test_recorded_switches_give_the_execution_again(
    threads: list[list[str]], choices: list[int]
) -> None:
    executed = _executed(threads, Scripted(*choices))
    assert _executed(threads, Repeating(executed[-1])) == executed
