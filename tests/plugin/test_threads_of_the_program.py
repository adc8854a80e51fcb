"""Threads that a test or its fixtures start: left behind, or kept by an executor for all tests."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .conftest import EXPLORED_ONLY, Run

LEAKY = """
import threading
import pytest

@pytest.mark.threadsafe
def test_leaky(concurrency):
    def leave_one():
        threading.Thread(target=threading.Event().wait, name="left").start()
    concurrency.run(leave_one, threads=2)

@pytest.mark.threadsafe
def test_next(concurrency):
    lock = threading.Lock()
    def increment():
        nonlocal value
        with lock:
            value += 1
    value = 0
    concurrency.run(increment, threads=2)
    assert value == 2
"""


def test_a_thread_left_behind_is_a_warning_and_does_not_disturb_the_next_test(
    pytester: pytest.Pytester,
) -> None:
    # In a process of its own, as the ordinary run really leaves a thread behind.
    pytester.makepyfile(test_it=LEAKY)
    result = pytester.runpytest_subprocess(*EXPLORED_ONLY, "-v", timeout=60)
    assert result.ret == 0, result.stdout.str()
    result.assert_outcomes(passed=2)
    lines = [line.strip() for line in result.outlines]
    (leak,) = [line for line in lines if line.startswith("warning: thread leak")]
    assert leak.startswith("warning: thread leak: thread 3 (left), started at test_it.py:7,")
    rows = [line.split() for line in lines]
    assert ["test_it.py::test_leaky", "ok", "ok"] in [row[:3] for row in rows]
    assert any(line.startswith("test_it.py::test_next   ok      ok") for line in lines)


@pytest.mark.parametrize("scope", ["module", "session"])
@pytest.mark.parametrize("used_before", [False, True])
def test_an_executor_of_a_wider_fixture(
    run: Callable[..., Run], scope: str, used_before: bool
) -> None:
    found = run(
        f"""
import threading
from concurrent.futures import ThreadPoolExecutor
import pytest

class Counter:
    def __init__(self):
        self.value = 0
        self.lock = threading.Lock()

    def increment(self):
        seen = self.value
        self.value = seen + 1

    def increment_locked(self):
        with self.lock:
            self.increment()

@pytest.fixture(scope="{scope}")
def executor():
    with ThreadPoolExecutor(2) as executor:
        if {used_before}:
            assert list(executor.map(str, [1, 2])) == ["1", "2"]
        yield executor

@pytest.mark.threadsafe
def test_racy(executor):
    counter = Counter()
    for future in [executor.submit(counter.increment) for _ in range(2)]:
        future.result()
    assert counter.value == 2

@pytest.mark.threadsafe
def test_locked(executor):
    counter = Counter()
    for future in [executor.submit(counter.increment_locked) for _ in range(2)]:
        future.result()
    assert counter.value == 2
""",
        *EXPLORED_ONLY,
    )
    found.result.assert_outcomes(passed=1, failed=1)
    assert [hazard.kind for hazard in found.of["test_racy"].hazards] == ["lost-update"]
    assert not found.of["test_locked"].hazards
    assert found.of["test_locked"].cells[-1].outcome == "clean"
    assert found.of["test_locked"].cells[-1].schedules > 1


NOT_WAITED_FOR = """
import threading, time, pytest
pytestmark = pytest.mark.threadsafe

def test_not_joined():
    out = []
    def work():
        out.append(42)  # R
    threading.Thread(target=work).start()
    assert out == [42]  # R

def test_sleep_for_a_join():
    box = {}
    def load():
        time.sleep(0.001)
        box["config"] = 1  # R
    thread = threading.Thread(target=load, daemon=True)
    thread.start()
    time.sleep(0.05)
    assert box["config"]  # R
    thread.join()

def test_stopped_before_it_runs():
    running = ticks = 0
    def loop():
        nonlocal running, ticks
        running = True  # R
        while running and ticks < 9:
            ticks += 1
            time.sleep(1)
    thread = threading.Thread(target=loop)
    thread.start()
    running = False  # R
    thread.join()
    assert ticks < 9
"""


def test_the_place_of_what_the_main_thread_does_too_early(run: Callable[..., Run]) -> None:
    found = run(NOT_WAITED_FOR, *EXPLORED_ONLY)
    lines = NOT_WAITED_FOR.splitlines()
    for name, report in found.of.items():
        first = lines.index(f"def {name}():")
        last = next((n for n in range(first + 1, len(lines)) if lines[n][:3] == "def"), len(lines))
        marked = {n for n in range(first, last) if lines[n].endswith("# R")}
        (hazard, *_) = report.hazards
        assert hazard.replay
        assert "it passes if" in hazard.message
        assert {use.site.line for use in hazard.sites} == marked, hazard.message


LOOKS_AND_LOOKS = """
import os, select, threading, pytest
from collections import deque
from functools import partial

@pytest.mark.threadsafe
def test_what_is_ready_is_for_another_thread():
    reader, writer = os.pipe()
    os.write(writer, b"x")
    taker = threading.Thread(target=os.read, args=(reader, 1))
    taker.start()
    looks = partial(select.select, [reader], [], [], 1)
    deque(iter(looks, ([], [], [])), 0)
    taker.join()
    os.close(reader)
    os.close(writer)
"""


def test_who_finds_something_again_and_again_lets_others_take_it(run: Callable[..., Run]) -> None:
    """No wait runs out there, and C code passes no points in between."""
    found = run(LOOKS_AND_LOOKS, *EXPLORED_ONLY)
    found.result.assert_outcomes(passed=1)
    (report,) = found.of.values()
    assert not report.hazards


def test_a_timer_that_is_cancelled_in_time_is_also_met_too_late(run: Callable[..., Run]) -> None:
    found = run(
        """
import threading
import pytest

@pytest.mark.threadsafe
def test_early():
    rung = []
    timer = threading.Timer(0.01, lambda: rung.append(1))
    timer.start()
    assert not rung
    timer.cancel()
    timer.join()

@pytest.mark.threadsafe
def test_late():
    rung = []
    timer = threading.Timer(0.01, lambda: rung.append(1))
    timer.start()
    timer.cancel()
    timer.join()
    assert len(rung) < 2
""",
        *EXPLORED_ONLY,
    )
    (hazard,) = found.of["test_early"].hazards
    assert "in this interleaving: AssertionError: assert not [1]" in hazard.message
    assert not found.of["test_late"].hazards


NAMES = """
import threading
import pytest

class Namer:
    def __init__(self):
        self.lock = threading.Lock()
        self.drawn = 0

    def name(self):
        with self.lock:
            self.drawn += 1
        return f"job-{self.drawn}"

@pytest.mark.threadsafe
def test_names():
    namer, names = Namer(), []
    def draw():
        names.append(namer.name())
    threads = [threading.Thread(target=draw) for _ in range(2)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
"""


def test_where_a_test_starts_its_threads_is_no_choice_of_who_calls_first(
    run: Callable[..., Run],
) -> None:
    found = run(NAMES, *EXPLORED_ONLY)
    (hazard,) = {each.identity: each for each in found.of["test_names"].hazards}.values()
    assert (hazard.kind, hazard.location) == ("stale-read", "Namer.drawn")
