"""Locks of ``multiprocessing`` between threads: they wait under the scheduler, not in C."""

from __future__ import annotations

import multiprocessing
import time
from pathlib import Path
from typing import Any

import pytest
from watching import load

from pytest_concurrency import explore

PROGRAM = """
    import multiprocessing as mp
    class State:
        def __init__(self):
            self.n = 0
            self.lock, self.other, self.reentrant = mp.Lock(), mp.Lock(), mp.RLock()
            self.number, self.row = mp.Value("i", 0), mp.Array("i", 2)
            self.places = mp.Semaphore(2)
    def locked(it):
        with it.lock:
            it.n += 1
    def acquired(it):
        it.lock.acquire()
        it.n += 1
        it.lock.release()
    def in_a_variable(it):
        acquire = it.lock.acquire
        acquire()
        it.n += 1
        it.lock.release()
    def reentered(it):
        with it.reentrant:
            with it.reentrant:
                it.n += 1
            it.n += 1
    def value(it):
        with it.number.get_lock():
            it.number.value += 1
    def method_in_a_variable(it):
        get_lock = it.number.get_lock
        with get_lock():
            it.n += 1
    def value_itself(it):
        with it.number:
            it.number.value += 1
    def array(it):
        with it.row.get_lock():
            it.row[0] += 1
    def tried(it):
        if it.lock.acquire(block=False):
            it.n += 1
            it.lock.release()
    def waited(it):
        if it.lock.acquire(timeout=0.5):
            it.n += 1
            it.lock.release()
    def one_of_two(it):
        with it.places:
            pass
    def unlocked(it):
        it.number.value += 1
    def forth(it):
        with it.lock, it.other:
            pass
    def back(it):
        with it.other, it.lock:
            pass
"""


@pytest.fixture
def module(tmp_path: Path) -> Any:
    return load(tmp_path, PROGRAM)


@pytest.mark.parametrize(
    "name",
    [
        "locked",
        "acquired",
        "in_a_variable",
        "reentered",
        "value",
        "value_itself",
        "array",
        "tried",
        "waited",
        "one_of_two",
        "method_in_a_variable",
    ],
)
def test_nothing_is_wrong_and_nobody_waits_out_of_sight(module: Any, name: str) -> None:
    worker = getattr(module, name)
    found = explore(module.State, [worker] * 2, strategy="systematic", schedules=500)
    assert not found.hazards, found.hazards[0].message
    assert found.exhausted  # so no thread was ever out of sight


def test_without_the_lock(module: Any) -> None:
    (hazard,) = explore(module.State, [module.unlocked] * 2).hazards
    assert (hazard.kind, hazard.location) == ("lost-update", "it.number.value")


def test_deadlock(module: Any) -> None:
    (hazard,) = explore(module.State, [module.forth, module.back]).hazards
    assert hazard.kind == "deadlock"
    assert "held by thread" in hazard.message


def _hold(lock: Any, ready: Any) -> None:
    with lock:
        ready.set()
        time.sleep(0.5)


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_what_another_process_holds_is_no_deadlock(module: Any) -> None:
    context = multiprocessing.get_context("fork")
    state = module.State()
    ready = context.Event()
    process = context.Process(target=_hold, args=(state.lock, ready))
    process.start()
    assert ready.wait(10)
    found = explore(lambda: state, [module.locked, module.reentered], schedules=3)
    process.join(10)
    assert process.exitcode == 0
    assert not found.hazards, found.hazards[0].message


MEETINGS = """
    import multiprocessing as mp
    def at_barrier(it):
        it.wait()
    def sets(it):
        it.set()
    def waits(it):
        assert it.wait(5)
    def waits_for_it(it):
        with it[0]:
            it[0].wait_for(lambda: it[1])
    def tells(it):
        with it[0]:
            it[1].append(1)
            it[0].notify()
    def takes(it):
        it.acquire()
    def gives(it):
        it.release()
    def puts(it):
        it.put(1)
    def gets(it):
        assert it.get() == 1
"""
MET = {
    "barrier": (lambda: multiprocessing.Barrier(2), ["at_barrier", "at_barrier"]),
    "event": (multiprocessing.Event, ["waits", "sets"]),
    "condition": (lambda: (multiprocessing.Condition(), []), ["waits_for_it", "tells"]),
    "semaphore": (lambda: multiprocessing.Semaphore(0), ["takes", "gives"]),
    "queue": (multiprocessing.SimpleQueue, ["puts", "gets"]),
}


@pytest.fixture
def meetings(tmp_path: Path) -> Any:
    return load(tmp_path, MEETINGS)


@pytest.mark.parametrize("name", MET)
def test_threads_meet_and_nobody_waits_out_of_sight(meetings: Any, name: str) -> None:
    setup, workers = MET[name]
    found = explore(
        setup,
        [getattr(meetings, worker) for worker in workers],
        strategy="systematic",
        schedules=500,
    )
    assert not found.hazards, found.hazards[0].message
    assert found.exhausted  # so no thread was ever out of sight


def test_a_semaphore_that_nobody_releases_is_a_deadlock(meetings: Any) -> None:
    found = explore(lambda: multiprocessing.Semaphore(0), [meetings.takes], schedules=3)
    (hazard,) = found.hazards
    assert hazard.kind == "deadlock"
    assert "waits for a release of semaphore it" in hazard.message


def _release_later(semaphore: Any, ready: Any) -> None:
    ready.set()
    time.sleep(0.3)
    semaphore.release()


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("made", ["before", "meanwhile"])
def test_what_another_process_releases_is_no_deadlock(meetings: Any, made: str) -> None:
    context = multiprocessing.get_context("fork")
    processes = []

    def start() -> Any:
        semaphore, ready = context.Semaphore(0), context.Event()
        processes.append(context.Process(target=_release_later, args=(semaphore, ready)))
        processes[-1].start()
        assert ready.wait(10)
        return semaphore

    older = start() if made == "before" else None
    found = explore(lambda: older or start(), [meetings.takes], schedules=1)
    for process in processes:
        process.join(10)
        assert process.exitcode == 0
    assert not found.hazards, found.hazards[0].message
