"""The process cell: workers one after another (the control), then at once.

Only what the control does not show is a hazard of concurrency. A check that looks at memory which
children do not share fails in the control, too; that is no hazard, but part of the verdict.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Literal, Protocol

from pytest_concurrency.model import Cell, CellResult, Settings
from pytest_concurrency.stress.cells.runs import Control, Runs
from pytest_concurrency.stress.cells.workers import (
    WorkerResult,
    run_workers_at_once,
    run_workers_in_turn,
)
from pytest_concurrency.stress.outcomes import CopyOutcome, RunOutcome, merge

__all__ = ["WorkerResult", "process_cell", "run_workers_at_once", "run_workers_in_turn"]

Mode = Literal["in turn", "at once"]
CONTROLS = 3


class RunOnce(Protocol):
    """One fresh run of the test, its workers in that mode."""

    def __call__(self, mode: Mode, amplified: bool, /) -> RunOutcome: ...


def process_cell(
    run_once: RunOnce,
    cell: Cell,
    settings: Settings,
    *,
    deadline: float,
    on_progress: Callable[[str], None] | None = None,
) -> CellResult:
    """Run a test with its workers in turn a few times, then ``settings.runs`` times at once."""
    began = time.monotonic()
    control, told = _control(run_once, min(CONTROLS, settings.runs), deadline)
    if control in ("", "fails"):
        return CellResult(
            cell,
            "skipped",
            planned=settings.runs,
            seconds=time.monotonic() - began,
            reason=told,
            control=control,
        )
    runs = Runs(cell, settings.runs, f"with {cell.processes} processes at once", deadline)
    for index in range(settings.runs):
        if runs.must_stop():
            break
        amplified = index % 2 == 1
        outcome = run_once("at once", amplified)
        runs.add(outcome, amplified, judge_test=control == "clean")
        if on_progress is not None:
            on_progress(runs.progress())
    result = runs.result(control=control, reason=told)
    return replace(result, seconds=time.monotonic() - began)


def _control(run_once: RunOnce, rounds: int, deadline: float) -> tuple[Control, str]:
    """What the workers one after another show, and the sentence that says so."""
    for _ in range(rounds):
        if time.monotonic() >= deadline:
            return "", "no time was left"
        outcome = run_once("in turn", False)
        workers = merge(outcome.workers, noun="process")
        if workers.phase == "setup" and workers.is_bad:
            return "", workers.message
        if workers.is_bad:
            return "fails", f"its processes fail even one after another: {workers.message}"
        if outcome.test.is_bad:
            return _control_of_check(outcome.test)
        if "skipped" in (workers.status, outcome.test.status):
            skip = workers if workers.status == "skipped" else outcome.test
            return "", f"the test skips itself: {skip.message}"
    return "clean", ""


def _control_of_check(test: CopyOutcome) -> tuple[Control, str]:
    if test.phase == "setup":
        return "", f"its set-up failed: {test.message}"
    if test.status in ("timeout", "crashed"):
        return "fails", f"it fails even with its processes one after another: {test.message}"
    return "not-shared", (
        "its check looks at memory that processes do not share: it fails even with the processes "
        f"one after another ({test.message})"
    )
