"""Shortening comes close to the fewest preemptions that show a bug.

``CORPUS=full`` tries all flagged programs, with four threads, and more seeds.
"""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from loading import load_module

from pytest_concurrency import explore
from pytest_concurrency.detect.detector import Finding
from pytest_concurrency.detect.hazards.deadlock import FoundDeadlock
from pytest_concurrency.detect.observation import Observation
from pytest_concurrency.model import Schedule, Site, ThreadState
from pytest_concurrency.search.shrinking import Switches, shortened

FULL = os.environ.get("CORPUS") == "full"
FLAGGED = Path(__file__).parent.parent / "corpus" / "flagged"
LONG = {"stop_flag_read_once"}
"""What does not end is cut off after so many points that little can be tried."""
SOME = (
    "counter_split",
    "early_return_keeps_lock",
    "lock_reentry",
    "lost_wakeup",
    "opposite_lock_order",
    "pool_waits_for_itself",
    "semaphore_upgrade",
)
NAMES = sorted({path.stem for path in FLAGGED.glob("*.py")} - LONG) if FULL else SOME
SLACK = 3


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("name", NAMES)
def test_few_preemptions_with_four_threads(name: str) -> None:
    program = load_module(name, FLAGGED / f"{name}.py")
    workers = (program.WORKERS * 2)[: max(4, len(program.WORKERS))]
    check = getattr(program, "check", None)

    def found(strategy: str, schedules: int, seed: int, stop_at_first: bool) -> dict[str, int]:
        result = explore(
            program.setup,
            workers,
            check,
            schedules=schedules,
            strategy=strategy,
            seed=seed,
            stop_at_first=stop_at_first,
        )
        return {h.kind: h.preemptions for h in reversed(result.hazards)}

    fewest = found("systematic", 500, 0, False)
    for strategy in ("random", "pos"):
        for seed in range(3 if FULL else 1):
            for kind, preemptions in found(strategy, 300, seed, True).items():
                if kind in fewest:
                    assert preemptions <= fewest[kind] + SLACK, f"{strategy}, seed {seed}"


def suspect(switches: Switches, place: int = 1) -> Finding:
    site = Site("program.py", place, 0, "work", "")
    states = (ThreadState(1, "thread 1", "lock A.lock", (), site, (site,)),)
    execution: Any = SimpleNamespace(
        outcome="deadlock",
        states=states,
        switches=switches,
        preemptions=len(switches),
        steps=len(switches),
    )
    return FoundDeadlock("deadlock", Observation(execution))


def shrunk(switches: Switches, needed: set[tuple[int, int, int]]) -> tuple[Finding, int]:
    """Shorten a schedule of which only some deviations are needed; count the executions."""
    tried = []

    def replay(schedule: Schedule, limit: int) -> Finding | None:
        tried.append(schedule)
        return suspect(schedule.switches) if needed <= {*schedule.switches} else None

    found = shortened(
        suspect(switches), replay, lambda bound, limit: iter(()), limit=1000, deadline=float("inf")
    )
    return found, len(tried)


@pytest.mark.parametrize("needed", [{3}, {40}, {0, 53}, {7, 8, 30}])
def test_a_long_schedule_is_shortened(needed: set[int]) -> None:
    switches = tuple((1 + n % 4, n, 1 + (n + 1) % 4) for n in range(54))
    found, executions = shrunk(switches, {switches[n] for n in needed})
    assert {step for _, step, _ in found.observation.execution.switches} == needed
    assert executions < 150


def test_threads_that_are_not_needed_go_first() -> None:
    switches = ((1, 1, 2), (2, 1, 3), (3, 1, 4), (4, 1, 1), (1, 2, 2))
    found, executions = shrunk(switches, {switches[0], switches[4]})
    assert found.observation.execution.switches == (switches[0], switches[4])
    assert executions < 15


def test_what_has_been_run_is_not_tried_again() -> None:
    assert shrunk((), set())[1] == 0
    found, executions = shrunk(((1, 1, 2),), {(1, 1, 2)})
    assert found.size[0] == 1
    assert executions == 1


def in_state(*states: tuple[int, int, str]) -> Finding:
    made = [
        ThreadState(thread, f"thread {thread}", waits_for, (), site, (site,))
        for thread, line, waits_for in states
        for site in [Site("program.py", line, 0, "work", "")]
    ]
    execution: Any = SimpleNamespace(outcome="deadlock", states=tuple(made))
    return FoundDeadlock("deadlock", Observation(execution))


def test_who_waits_behind_a_deadlock_is_no_part_of_it() -> None:
    circle = [(1, 5, "lock b held by thread 2"), (2, 9, "lock a held by thread 1")]
    alone = in_state(*circle)
    behind = in_state(*circle, (3, 4, "lock a held by thread 1"))
    other = in_state((1, 5, "lock b held by thread 2"), (2, 8, "lock a held by thread 1"))
    assert alone.identity == behind.identity
    assert behind.resembles(alone)
    assert not other.resembles(alone)
