"""What the scheduler cannot see: threads that block in code that is not instrumented, or never
stop.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from pytest_concurrency import explore
from pytest_concurrency.api import instrumentation_for
from pytest_concurrency.runtime.scheduler import watchdog
from pytest_concurrency.runtime.scheduler.baton import Baton, baton
from pytest_concurrency.runtime.scheduler.watchdog import Watchdog
from pytest_concurrency.runtime.tasks.task import NOT_STARTED, Task
from pytest_concurrency.search.execution.engine import execute, exploring, start_round
from pytest_concurrency.search.orders.in_order import InOrder

_unseen: dict[str, object] = {"get_ident": threading.get_ident}
# Compiled from text that no file holds: it cannot be instrumented.
exec(
    """
def hold(lock, then):
    lock.acquire()
    then()
    lock.release()

def spin():
    while True:
        pass

class SpinsAsItDies:
    def __del__(self):
        spin()

def doze(lock, naps):
    for _ in range(naps):
        lock.acquire(timeout=0.05)

def spin_twice():
    SpinsAsItDies()
    spin()

def start_one():
    import threading
    threading.Thread(target=print, args=("", ), name="too late").start()

def late(settle):
    taken = []

    def take_away_and_settle(baton, task):
        if baton.current is task and task.index and not taken:
            taken.append(task)
            baton.take_away(task)
            taken.clear()
        settle(baton, task)

    return take_away_and_settle

def early(grant):
    def grant_and_take_away(baton, task):
        grant(baton, task)
        if baton.current is task and task.index:
            baton.take_away(task)

    return grant_and_take_away

def interrupted(grant, watchdog):
    def interrupt_and_grant(baton, task):
        if baton.by_ident.get(get_ident()) is task:  # it goes on
            watchdog._time_is_up(task, "timeout")
        grant(baton, task)
        if baton.aborting:
            baton.granted = baton.budget = 1 << 40

    return interrupt_and_grant
""",
    _unseen,
)


class Shared:
    def __init__(self):
        self.lock = threading.Lock()
        self.value = 0

    def bump(self):
        seen = self.value
        self.value = seen + 1


def test_a_lock_taken_out_of_sight_is_no_deadlock():
    def work(shared):
        _unseen["hold"](shared.lock, shared.bump)

    found = explore(
        Shared, [work, work], lambda shared: shared.value == 2, schedules=4, strategy="random"
    )
    assert not found.hazards, found.hazards[0].message
    assert found.executions == 4


def test_blocking_input_lets_others_go_on():
    def setup():
        return os.pipe()

    def reader(ends):
        assert os.read(ends[0], 1) == b"x"

    def writer(ends):
        os.write(ends[1], b"x")

    found = explore(setup, [reader, writer], schedules=4)
    assert not found.hazards, found.hazards[0].message


def test_who_was_out_of_sight_takes_its_place_again_to_end():
    """One thread ends where it comes back, while others have the baton."""

    def doze(shared, naps=6):
        _unseen["doze"](taken_lock(), naps)

    def bump(shared):
        for _ in range(6):
            shared.bump()
            doze(shared, 2)

    found = explore(Shared, [doze, bump], lambda shared: shared.value == 6, schedules=2)
    assert not found.hazards, found.hazards[0].message
    assert found.executions == 2


def test_an_endless_loop_out_of_sight_is_a_timeout():
    found = explore(Shared, [lambda shared: _unseen["spin"]()], schedules=1, seconds=1)
    assert [hazard.kind for hazard in found.hazards] == ["timeout"]


def test_a_finalizer_that_swallows_the_end_is_no_news_and_no_hang(monkeypatch):
    told = []
    monkeypatch.setattr("sys.unraisablehook", told.append)
    found = explore(Shared, [lambda shared: _unseen["spin_twice"]()], schedules=1, seconds=1)
    assert [hazard.kind for hazard in found.hazards] == ["timeout"]
    assert not told


def test_what_a_finalizer_of_the_program_raises_is_told(monkeypatch):
    class Raises:
        def __del__(self):
            raise KeyError

    told = []
    monkeypatch.setattr("sys.unraisablehook", lambda each: told.append(each.exc_type))
    explore(Shared, [lambda shared: Raises() and None], schedules=1)
    assert set(told) == {KeyError}


def test_exploring_goes_on_after_an_aborted_execution():
    def dead(shared):
        with shared.lock, shared.lock:
            pass

    assert explore(Shared, [dead, dead], schedules=2).hazards[0].kind == "deadlock"
    found = explore(Shared, [Shared.bump, Shared.bump], schedules=50)
    assert found.hazards[0].kind == "lost-update"


def test_threads_that_are_started_while_an_execution_is_unwound_do_not_stay():
    def dead(shared, start_one=_unseen["start_one"]):
        try:
            with shared.lock, shared.lock:
                pass
        finally:
            start_one()

    found = explore(Shared, [dead], schedules=2)
    assert [hazard.kind for hazard in found.hazards] == ["deadlock"]
    assert "too late" not in [thread.name for thread in threading.enumerate()]


def test_code_that_swallows_everything_is_left_behind():
    def stubborn(shared):
        while True:
            try:
                with shared.lock, shared.lock:
                    pass
            except BaseException:
                if threading.current_thread() is None:
                    raise

    found = explore(Shared, [stubborn], schedules=1, seconds=2)
    assert found.hazards[0].kind == "deadlock"
    assert not explore(Shared, [Shared.bump], schedules=3).hazards


def test_nobody_loses_the_baton_inside_the_scheduler(monkeypatch):
    """A thread that asks, waits or ends may be taken for a blocked one just then."""

    def work(shared):
        for _ in range(2):
            with shared.lock:
                shared.bump()

    monkeypatch.setattr(Baton, "_settle", _unseen["late"](Baton._settle))
    found = explore(Shared, [work] * 3, schedules=50, strategy="random")
    assert found.executions == 50
    assert not found.hazards


def test_nobody_loses_the_baton_before_it_has_woken_up(monkeypatch):
    """Whoever passes it on may lose the CPU just before it opens the other's gate."""
    monkeypatch.setattr(Baton, "_grant", _unseen["early"](Baton._grant))
    found = explore(Shared, [Shared.bump] * 3, schedules=30, strategy="random", stop_at_first=False)
    assert found.executions == 30
    assert {hazard.kind for hazard in found.hazards} == {"lost-update"}
    assert not any(hazard.note for hazard in found.hazards)


def test_time_is_up_while_points_are_granted(monkeypatch):
    """Who gets them does not see it at once, and is reminded."""

    def spin(shared):
        while True:
            shared.bump()

    monkeypatch.setattr(Baton, "_grant", _unseen["interrupted"](Baton._grant, Watchdog(baton)))
    explore(Shared, [spin, spin], schedules=2, strategy="random", seconds=300)  # comes back
    monkeypatch.undo()
    assert not explore(Shared, [Shared.bump], schedules=3).hazards


class Thing:
    value = 0

    def work_without_end(self) -> None:
        while True:
            self.value += 1


def taken_lock() -> threading.Lock:
    lock = threading.Lock()
    lock.acquire()
    return lock


def bodies() -> dict[str, Callable[[], object]]:
    doze: Any = _unseen["doze"]
    return {"cut": partial(doze, taken_lock(), 120), "too-long": Thing().work_without_end}


@pytest.mark.parametrize(("outcome", "seconds"), [("cut", 6), ("too-long", 1)])
def test_what_is_cut_off_does_not_hang(outcome: str, seconds: int) -> None:
    body = bodies()[outcome]
    with exploring(instrumentation_for([Thing]), 60, time.monotonic() + seconds):
        start_round(is_brief=True)
        assert execute(InOrder((1,)), body).outcome == outcome


def test_what_is_recorded_is_not_cut_off() -> None:
    doze: Any = _unseen["doze"]
    with exploring(instrumentation_for([Thing]), 60, time.monotonic() - 1):
        start_round(is_brief=False)
        assert not execute(InOrder((1,)), partial(doze, taken_lock(), 4)).outcome


@pytest.mark.skipif(sys.platform != "linux", reason="looks at what Linux tells")
def test_who_waits_for_a_pipe_is_told_from_who_waits_for_a_lock():
    reading, writing = os.pipe()
    lock = threading.Lock()
    lock.acquire()

    def waits_for_descriptor(patience, work, *args):
        task = Task(1, "", NOT_STARTED, None)
        thread = threading.Thread(target=work, args=args, daemon=True)
        thread.start()
        task.native_id = thread.native_id
        until = time.monotonic() + patience
        while not (found := watchdog._waits_for_descriptor(task)) and time.monotonic() < until:
            time.sleep(0.01)
        return found

    assert waits_for_descriptor(30, os.read, reading, 1)
    assert not waits_for_descriptor(1, lock.acquire)
    os.write(writing, b"x")
    lock.release()
