"""Tests that freeze time: the plugin lives by clocks of its own."""

from __future__ import annotations

import importlib
import pkgutil
import time
from collections.abc import Callable

import pytest_concurrency

from .conftest import EXPLORED_ONLY, Run

FREEZER = """
import socket
import sys
import threading
import time

import pytest

NAMES = ("time", "monotonic", "perf_counter", "time_ns", "monotonic_ns", "perf_counter_ns")
REAL = {id(getattr(time, name)): name for name in NAMES}
FUNCTIONS = [getattr(time, name) for name in NAMES]

def fake():
    return 1_000_000

@pytest.fixture(scope="module")
def frozen():
    '''Do as freezegun does: replace the functions wherever a module has them.'''
    changed = []
    for module in list(sys.modules.values()):
        if module.__name__.partition(".")[0] in ("threading", "queue", "_pytest", __name__):
            continue
        for name, value in list(vars(module).items()):
            if id(value) in REAL or (module is time and name in NAMES):
                changed.append((module, name))
                setattr(module, name, fake)
    yield
    for module, name in changed:
        setattr(module, name, FUNCTIONS[NAMES.index(name)] if module is time else time.monotonic)
"""


def test_a_correct_test(run: Callable[..., Run]) -> None:
    found = run(
        FREEZER
        + """
@pytest.mark.threadsafe
def test_not_frozen(concurrency):
    def wait():
        end = time.monotonic() + 0.1
        while time.monotonic() < end:
            time.sleep(0.02)
    concurrency.run(wait)

@pytest.mark.threadsafe
def test_frozen(frozen, concurrency):
    assert time.time() == time.monotonic() == 1_000_000
    lock, counts = threading.Lock(), []
    def add():
        with lock:
            counts.append(time.time())
            time.sleep(0.01)
    concurrency.run(add)
    assert counts == [1_000_000] * concurrency.count

@pytest.mark.threadsafe
def test_out_of_sight(frozen, concurrency):
    def read():
        ours, theirs = socket.socketpair()
        threading.Thread(target=lambda: ours.send(b"x")).start()
        assert theirs.recv(1) == b"x"
        ours.close(); theirs.close()
    concurrency.run(read)
""",
        *EXPLORED_ONLY,
    )
    found.result.assert_outcomes(passed=3)
    for report in found.of.values():
        assert report.hazards == (), report
        assert all(0 <= cell.seconds < 100_000 for cell in report.cells)  # the clock's million


def test_a_deadlock_is_named(run: Callable[..., Run]) -> None:
    found = run(
        FREEZER
        + """
@pytest.mark.threadsafe
def test_frozen(frozen, concurrency):
    one, other = threading.Lock(), threading.Lock()
    def forth():
        with one, other: pass
    def back():
        with other, one: pass
    concurrency.run([forth, back])
""",
        *EXPLORED_ONLY,
    )
    hazard, *_ = found.of["test_frozen"].hazards
    assert hazard.kind == "deadlock"
    assert hazard.replay


def test_no_module_holds_a_clock_that_could_be_frozen() -> None:
    functions = {id(value) for value in vars(time).values() if callable(value)}
    holding = []
    for info in pkgutil.walk_packages(pytest_concurrency.__path__, "pytest_concurrency."):
        module = importlib.import_module(info.name)
        held = [value for value in vars(module).values() if value is time or id(value) in functions]
        if held:
            holding.append(info.name.removeprefix("pytest_concurrency."))
    # Those replace clocks, and ask for one by name that nobody freezes.
    assert sorted(holding) == [
        "real_time",
        "runtime.patches.clock",
        "runtime.patches.install",
        "runtime.scheduler.watchdog",
    ]
