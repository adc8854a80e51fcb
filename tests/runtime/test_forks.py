"""Processes that managed threads fork: they run free, and their parent's schedule goes on."""

from __future__ import annotations

import multiprocessing
import multiprocessing.managers
import multiprocessing.pool
import os
import subprocess
import sys
import threading
from concurrent.futures import ProcessPoolExecutor

import pytest

from pytest_concurrency import explore
from pytest_concurrency.runtime.scheduler.baton import Baton

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork"),
    pytest.mark.filterwarnings("ignore:This process:DeprecationWarning"),
]
_FORK = multiprocessing.get_context("fork") if hasattr(os, "fork") else multiprocessing


class Box:
    def __init__(self):
        self.value = 0
        self.lock = threading.Lock()


def grow(box):
    for _ in range(3):
        with box.lock:
            box.value += 1


def square(n):
    return n * n


def fork(work):
    """Run ``work`` in a child; return how it ended."""
    pid = os.fork()
    if not pid:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return os.waitpid(pid, 0)[1]


def _raw(box):
    assert fork(lambda: grow(Box())) == 0


def _twice(box):
    assert fork(lambda: _raw(box)) == 0


def _with_threads(box):
    def work():
        mine = Box()
        threads = [threading.Thread(target=grow, args=(mine,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert mine.value == 6

    assert fork(work) == 0


def _comes_out(box):
    pid = os.fork()
    if pid:
        assert os.waitpid(pid, 0)[1] == 0


def _process(box):
    process = _FORK.Process(target=grow, args=(Box(),))
    process.start()
    process.join()
    assert process.exitcode == 0


def _pool(box):
    with _FORK.Pool(2) as pool:
        assert pool.map(square, range(4)) == [0, 1, 4, 9]


def _manager(box):
    with _FORK.Manager() as manager:
        shared = manager.dict()
        shared["x"] = 1
        assert dict(shared) == {"x": 1}


def _executor(box):
    with ProcessPoolExecutor(1, mp_context=_FORK) as executor:
        assert executor.submit(square, 3).result() == 9


def _command(box):
    command = [sys.executable, "-c", "print(input())"]
    done = subprocess.run(command, input="hello", capture_output=True, text=True, check=True)
    assert done.stdout == "hello\n"


_WAYS = [_raw, _twice, _with_threads, _process, _pool, _manager, _executor, _command]


@pytest.mark.parametrize("work", _WAYS)
def test_children_run_free(work):
    found = explore(Box, [work], schedules=2)
    assert not found.hazards, found.hazards[0].message + found.hazards[0].detail


@pytest.mark.parametrize("work", [_process, _pool, _manager, _executor, _command])
def test_no_wait_for_a_child_is_out_of_sight(work, monkeypatch):
    taken, take_away = [], Baton.take_away
    monkeypatch.setattr(Baton, "take_away", lambda *args: taken.append(args) or take_away(*args))
    explore(Box, [work], schedules=1)
    assert not taken


@pytest.mark.parametrize("work", [_raw, _twice, _with_threads, _process, _comes_out])
def test_children_of_two_threads_run_free(work):
    found = explore(Box, [work, work], schedules=4)
    assert not found.hazards, found.hazards[0].message + found.hazards[0].detail


def test_a_child_of_set_up_runs_free():
    def setup():
        box = Box()
        _raw(box)
        return box

    assert not explore(setup, [grow, grow], lambda box: box.value == 6, schedules=5).hazards
