"""``explore()``: what it takes, what it refuses, what it gives back."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
import time
import weakref

import pytest

import pytest_concurrency
from pytest_concurrency import explore


class Counter:
    def __init__(self):
        self.value = 0

    def increment(self):
        seen = self.value
        self.value = seen + 1


def test_package_offers_explore_lazily():
    assert pytest_concurrency.explore is explore
    with pytest.raises(AttributeError, match="no attribute 'explode'"):
        _ = pytest_concurrency.explode


def test_exploring_needs_no_pytest():
    """Importing it would take as long as the rest, and a third of all objects would be its."""
    source = """
import sys
from pytest_concurrency import explore
assert explore(list, [list.clear]).executions
print(sorted({"pytest", "_pytest"} & {*sys.modules}))
"""
    command = [sys.executable, "-c", source]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_no_workers_and_no_schedules_are_refused():
    with pytest.raises(ValueError, match="at least one worker"):
        explore(Counter, [])
    with pytest.raises(ValueError, match="at least 1, not 0"):
        explore(Counter, [Counter.increment], schedules=0)


def test_check_may_return_none_true_or_raise():
    one = [Counter.increment]
    assert not explore(Counter, one, lambda counter: None, schedules=3).hazards
    assert not explore(Counter, one, lambda counter: counter.value == 1, schedules=3).hazards

    def demand_two(counter):
        assert counter.value == 2, "two wanted"

    (hazard,) = explore(Counter, one, demand_two, schedules=3).hazards
    assert hazard.kind == "test-failure"
    assert "two wanted" in hazard.message


def test_setup_errors_pass_through():
    def broken():
        raise OSError("no state today")

    with pytest.raises(OSError, match="no state today"):
        explore(broken, [Counter.increment])
    # And the process is as before: the next exploration works.
    assert explore(Counter, [Counter.increment] * 2).hazards


def test_worker_exceptions_are_hazards():
    def fail(counter):
        raise KeyError("gone")

    (hazard,) = explore(Counter, [Counter.increment, fail], schedules=5).hazards
    assert hazard.kind == "thread-exception"
    assert hazard.message.endswith("thread 2 raised KeyError: 'gone'")


def test_time_ends_the_search():
    found = explore(
        Counter, [Counter.increment] * 2, schedules=10**9, seconds=0.3, stop_at_first=False
    )
    assert 0 < found.executions < 10**9  # which would take days


def test_all_hazards_on_request():
    class Pair:
        def __init__(self):
            self.left = self.right = 0

        def work(self):
            self.left += 1
            self.right += 1

    found = explore(Pair, [Pair.work] * 2, schedules=200, stop_at_first=False)
    assert {hazard.location for hazard in found.hazards} == {"Pair.left", "Pair.right"}


def test_original_code_and_settings_are_back():
    code = Counter.increment.__code__
    affinity = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    policy = os.sched_getscheduler(0) if hasattr(os, "sched_getscheduler") else None
    interval = sys.getswitchinterval()
    explore(Counter, [Counter.increment] * 2)
    assert Counter.increment.__code__ is code
    if affinity is not None:
        assert os.sched_getaffinity(0) == affinity
        assert os.sched_getscheduler(0) == policy
    assert sys.getswitchinterval() == interval


def test_threads_that_are_not_part_of_it_run_on():
    stop = threading.Event()
    counter = Counter()

    def outsider():
        while not stop.is_set():
            counter.increment()

    thread = threading.Thread(target=outsider)
    thread.start()
    try:
        found = explore(Counter, [Counter.increment] * 2, lambda own: own.value == 2)
    finally:
        stop.set()
        thread.join(5)
    assert [hazard.location for hazard in found.hazards] == ["Counter.value"]
    assert not found.hazards[0].note


def test_a_script_can_explore_itself(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from pytest_concurrency import explore\n"
        "class Counter:\n"
        "    value = 0\n"
        "    def increment(self):\n"
        "        self.value += 1\n"
        "found = explore(Counter, [Counter.increment] * 2, lambda c: c.value == 2)\n"
        "print(found.hazards[0].kind, found.hazards[0].location)\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    assert done.stdout == "lost-update Counter.value\n"


def test_code_of_an_interactive_session_is_instrumented(tmp_path):
    """A notebook's cells have no file; their source is in ``linecache``."""
    cell = "class Counter:\n    value = 0\n    def increment(self):\n        self.value += 1\n"
    script = tmp_path / "session.py"
    script.write_text(
        "import linecache\n"
        f"cell = {cell!r}\n"
        "name = '<cell 1>'\n"
        "linecache.cache[name] = (len(cell), None, cell.splitlines(True), name)\n"
        "exec(compile(cell, name, 'exec'))\n"
        "from pytest_concurrency import explore\n"
        "found = explore(Counter, [Counter.increment] * 2)\n"
        "print(found.hazards[0].location, found.hazards[0].sites[0].site.source)\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    assert done.stdout == "Counter.value self.value += 1\n"


def test_nothing_of_the_program_is_kept():
    class Kept:
        pass

    def working_with(kept):
        def work(state):
            state.append(kept)

        return work

    kept = Kept()
    alive = weakref.ref(kept)
    explore(list, [working_with(kept)] * 2, schedules=5)
    del kept
    until = time.monotonic() + 10
    while alive() is not None and time.monotonic() < until:
        time.sleep(0.01)  # pooled threads are about to end
        gc.collect()
    assert alive() is None
