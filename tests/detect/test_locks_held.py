"""Which locks a thread holds at each of its accesses."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from loading import load_module

from pytest_concurrency.detect.observation import Execution, Observation
from pytest_concurrency.instrument.scope import Scope
from pytest_concurrency.instrument.swap import Instrumentation
from pytest_concurrency.model import Schedule
from pytest_concurrency.runtime.trace.event import site_number
from pytest_concurrency.runtime.trace.sites import SITES
from pytest_concurrency.search.execution.engine import execute, exploring
from pytest_concurrency.search.orders.replay import Replay

_HEAD = """
    import multiprocessing, threading

    class Box:
        value = 0

    def together(*functions):
        threads = [threading.Thread(target=each) for each in functions]
        for each in threads: each.start()
        for each in threads: each.join()

    box, a, b = Box(), threading.Lock(), threading.RLock()
    condition, event = threading.Condition(), threading.Event()
    shared = multiprocessing.Lock()
"""

HELD = {
    "one lock": ("with a: box.value += 1", {("a",)}),
    "two locks": ("with a, b: box.value += 1", {("a", "b")}),
    "after it": ("with a: pass\nbox.value += 1", {()}),
    "until it is released": ("a.acquire(); b.acquire(); a.release(); box.value += 1", {("b",)}),
    "a try": ("if a.acquire(blocking=False): box.value += 1", {("a",)}),
    "a try in vain": ("a.acquire(); a.acquire(blocking=False); box.value += 1", {("a",)}),
    "left once of twice": ("b.acquire(); b.acquire(); b.release(); box.value += 1", {("b",)}),
    "left twice": ("with b, b: pass\nbox.value += 1", {()}),
    "a condition": ("with condition: box.value += 1", {("condition",)}),
    "a wait that ran out": ("with condition: condition.wait(1); box.value += 1", {("condition",)}),
    "after such a wait": ("with condition: condition.wait(1)\nbox.value += 1", {()}),
    "inside an event": ("event.wait(1); event.set(); event.wait(); box.value += 1", {()}),
    "another thread's": (
        "def work(): box.value = 1\nwith a: together(work)",
        {()},
    ),
    "released by another thread": ("a.acquire(); together(a.release); box.value += 1", {()}),
    "of multiprocessing": ("with shared: box.value += 1", {("shared",)}),
}


def executed(folder: Path, body: str) -> Execution:
    path = folder / "held.py"
    inner = textwrap.indent(textwrap.dedent(body), "    ")
    path.write_text(f"{textwrap.dedent(_HEAD)}\ndef main():\n{inner}\n")
    module = load_module("held", path)
    instrumentation = Instrumentation(Scope([folder]))
    instrumentation.prepare()
    with exploring(instrumentation, 60):
        return execute(Replay(Schedule()), module.main)


@pytest.mark.parametrize(("body", "held"), HELD.values(), ids=HELD)
def test_held_at_an_access(tmp_path: Path, body: str, held: set[tuple[str, ...]]) -> None:
    execution = executed(tmp_path, body)
    locks = Observation(execution).locks_held
    labels = {
        tuple(SITES[taken.site].label for taken in locks.taken(index).values())
        for index, event in enumerate(execution.log)
        if SITES[site_number(event)].name == "value"
    }
    assert labels == held


def test_one_lock_is_one_location_whoever_holds_it(tmp_path: Path) -> None:
    execution = executed(tmp_path, "def work():\n  with a: box.value += 1\ntogether(work, work)")
    locks = Observation(execution).locks_held
    at = [i for i, e in enumerate(execution.log) if SITES[site_number(e)].name == "value"]
    assert len(at) == 4
    assert len({locks[index] for index in at}) == 1
    assert all(locks[index] for index in at)
    assert len(locks) == len(execution.log)
