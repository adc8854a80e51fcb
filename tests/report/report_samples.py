"""Reports as real runs give them, and Hypothesis strategies for reports nobody thought of."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from pytest_concurrency.model import (
    Access,
    Cell,
    CellResult,
    Hazard,
    Operation,
    Site,
    SiteUse,
    StressReport,
    ThreadState,
    Verdict,
)
from pytest_concurrency.report.causes import Causes

READ = Site("src/counter.py", 7, 18, "Counter.increment", "current = self.value")
WRITE = Site("src/counter.py", 8, 8, "Counter.increment", "self.value = current + 1")


def step(
    thread: int, op: Operation = "read", site: Site = READ, value: str = "0", **more: Any
) -> Access:
    return Access(
        thread,
        **{"step": 1, "op": op, "location": "Counter.value", "site": site} | more,
        value=value,
    )


LOST_UPDATE_TIMELINE = (
    step(1, highlighted=True),
    step(2, step=1),
    step(2, "write", WRITE, "1", step=2, highlighted=True),
    step(1, "write", WRITE, "1", step=2, highlighted=True),
)
LOST_UPDATE = Hazard(
    "lost-update",
    "Thread 1 read Counter.value, thread 2 wrote it, and then thread 1 wrote over that.",
    location="Counter.value",
    sites=(SiteUse(READ, 1, "read"), SiteUse(WRITE, 2, "write"), SiteUse(WRITE, 1, "write")),
    gil="reachable",
    preemptions=1,
    schedule_index=3,
    replay="c1.2T.1a2-9f3e",
    threads=2,
    timeline=LOST_UPDATE_TIMELINE,
    detail="    assert counter.value == 2\nE   assert 1 == 2\nE    +  where 1 = Counter.value",
)
HIDDEN = Verdict(
    "hidden",
    "Threads lose updates; two processes at once do not, because each has its own Counter.",
)
DEADLOCK = Hazard(
    "deadlock",
    "Thread 1 and thread 2 wait for each other and nothing can go on.",
    location="Account.lock",
    sites=(
        SiteUse(Site("src/bank.py", 12, 8, "transfer", "with target.lock:"), 1, "acquire"),
        SiteUse(Site("src/bank.py", 12, 8, "transfer", "with target.lock:"), 2, "acquire"),
    ),
    preemptions=1,
    schedule_index=9,
    replay="c1.2T.77",
    threads=2,
    states=(
        ThreadState(
            1,
            "Thread-1",
            "lock Account('b').lock held by thread 2",
            ("lock Account('a').lock",),
            Site("src/bank.py", 12, 8, "transfer", "with target.lock:"),
            (
                Site("tests/test_bank.py", 30, 4, "test_transfer", "transfer(a, b, 10)"),
                Site("src/bank.py", 12, 8, "transfer", "with target.lock:"),
            ),
        ),
        ThreadState(
            2,
            "Thread-2",
            "lock Account('a').lock held by thread 1",
            ("lock Account('b').lock",),
            Site("src/bank.py", 12, 8, "transfer", "with target.lock:"),
        ),
    ),
)
FREE_FAILURE = Hazard(
    "test-failure",
    "The test passes alone and fails with 4 threads at once: assert 3 == 4",
    schedule_index=2,
    failures=3,
    threads=4,
    detail="\n".join(f"frame {number}" for number in range(20)) + "\nE   assert 3 == 4",
)


def cells(*hazards: Hazard, free: tuple[Hazard, ...] = ()) -> tuple[CellResult, ...]:
    return (
        CellResult(Cell("serial"), "clean", 2, 2, seconds=0.002, strategy="serial"),
        CellResult(
            Cell("explored", 2),
            "hazard" if hazards else "clean",
            200,
            200,
            42,
            strategy="pct",
            seconds=0.31,
            hazards=hazards,
        ),
        CellResult(
            Cell("free-running", 4),
            "hazard" if free else "clean",
            20,
            20,
            seconds=0.1,
            hazards=free,
        ),
        CellResult(Cell("processes", 1, 2), "clean", 20, 20, seconds=0.2, control="clean"),
    )


def report(*hazards: Hazard, free: tuple[Hazard, ...] = (), **more: Any) -> StressReport:
    defaults: dict[str, Any] = {
        "nodeid": "tests/test_counter.py::test_increment",
        "gated": True,
        "outcome": "failed" if hazards or free else "passed",
        "cells": cells(*hazards, free=free),
        "isolation": HIDDEN if hazards or free else Verdict("clean", "no hazard was found"),
        "seed": "5f3a",
        "seconds": 0.61,
        "instrumented": (12, 14),
        "uninstrumented": ("shop.made (no source)", "shop.old (its source has changed)"),
    }
    return StressReport(**defaults | more)


def session(*given: StressReport) -> Causes:
    """The causes of a session in which pytest shows what fails."""
    causes = Causes()
    for each in given:
        causes.add(each, has_section=each.gated and each.has_errors)
    return causes


def anything(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a type hint of the model, optional fields included."""
    origin, args = get_origin(hint), get_args(hint)
    if isinstance(hint, type) and is_dataclass(hint):
        hints = get_type_hints(hint)
        return st.builds(hint, **{each.name: anything(hints[each.name]) for each in fields(hint)})
    if origin is tuple and args[-1] is Ellipsis:
        return st.lists(anything(args[0]), max_size=2).map(tuple)
    if origin is tuple:
        return st.tuples(*map(anything, args))
    if origin is Literal:
        return st.sampled_from(args)
    if origin in (Union, UnionType):
        return st.one_of(st.none() if arg is NoneType else anything(arg) for arg in args)
    if hint is float:
        return st.floats(min_value=0, allow_nan=False, allow_infinity=False)
    if hint is int:
        return st.integers(min_value=0, max_value=2**40)
    return st.from_type(hint)


reports = anything(StressReport)

# Whole reports take long to draw on a busy machine; that says nothing about the code under test.
patient = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
