"""Tests that cannot be run twice in one process, since they leave something: each run has a process
of its own, at full speed, too.
"""

from __future__ import annotations

from collections.abc import Callable

from .conftest import FEW, Run

ONCE = """
import os, threading, pytest
pytestmark = pytest.mark.threadsafe

DONE = []
class Counter:
    def __init__(self):
        self.value, self.lock = 0, threading.Lock()

    def add(self):
        with self.lock:
            self.value += 1

    def add_unlocked(self):
        self.value += 1

@pytest.fixture
def counter(): return Counter()
"""


def test_what_a_run_leaves_is_no_failure_of_the_next_one(run: Callable[..., Run]) -> None:
    found = run(
        f"""{ONCE}
def test_once(counter, concurrency):
    assert not DONE
    concurrency.run(counter.add)
    DONE.append(1)
    assert counter.value == concurrency.count

def test_loses(counter, concurrency):
    before = len(DONE)
    concurrency.run(counter.add_unlocked)
    DONE.append(1)
    assert (before, counter.value) == (0, concurrency.count)
""",
        *FEW,
        "-k",
        "once",
    )
    assert found.of["test_once"].hazards == ()
    kinds = {each.cell.kind: each for each in found.of["test_once"].cells}
    assert kinds["free-running"].schedules == 2
    assert kinds["explored"].outcome == "clean"
    found = run("", *FEW, "-k", "loses")
    assert [each.kind for each in found.of["test_loses"].hazards] == ["lost-update"]


def test_who_dies_in_a_process_of_its_own_is_told(run: Callable[..., Run]) -> None:
    found = run(
        f"""{ONCE}
def test_dies_at_full_speed(counter, concurrency):
    assert not DONE
    def leave():
        counter.add()
        if threading.current_thread().name.startswith("copy-"):
            os._exit(3)
    concurrency.run(leave)
    DONE.append(1)
""",
        *FEW,
    )
    (hazard,) = found.of["test_dies_at_full_speed"].hazards
    assert hazard.kind == "crash"
    assert hazard.message == "its process died with 2 threads: exited with status 3 (os._exit)"
