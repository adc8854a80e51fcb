"""One test, start to end: its cells, each in a child process, and the verdict."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import pytest

from pytest_concurrency.instrument.swap import Instrumentation
from pytest_concurrency.model import Cell, CellResult, Settings, StressReport
from pytest_concurrency.search.choices import Choices
from pytest_concurrency.stress.amplify import amplified
from pytest_concurrency.stress.apart import hazard_of_death
from pytest_concurrency.stress.cells.explored import Exploration, explored_cell
from pytest_concurrency.stress.cells.free_running import run_free_running
from pytest_concurrency.stress.cells.processes import process_cell
from pytest_concurrency.stress.cells.serial import SerialFacts, serial_cell
from pytest_concurrency.stress.cells.workers import run_workers_at_once, run_workers_in_turn
from pytest_concurrency.stress.child import ChildResult, run_in_child
from pytest_concurrency.stress.context import End, Job
from pytest_concurrency.stress.outcomes import RunOutcome
from pytest_concurrency.stress.plan import plan
from pytest_concurrency.stress.preload import preload
from pytest_concurrency.stress.verdict import isolation_verdict

GRACE = 3.0
"""Seconds that a child may overrun before it counts as hanging: searches stop by themselves at the deadline."""
LEAST_PER_EXECUTION = 2.0
LEAST_AT_FULL_SPEED = 3.0
"""Seconds: what a deadlock in a cell that nobody controls may cost, besides the estimate for its runs."""
OnProgress = Callable[[Cell, str], None]
"""Gets the cell and how far it is (``120/200``)."""


@dataclass(frozen=True, slots=True)
class Stress:
    """What stressing one item needs to know."""

    item: pytest.Function
    instrumentation: Instrumentation
    settings: Settings
    gated: bool
    seed: str
    unsafe_fixtures: tuple[str, ...] = ()
    on_progress: OnProgress = field(default=lambda cell, text: None)

    def run(self) -> StressReport:
        """Run all cells; to be called when the item is set up and its body has not run yet."""
        started = time.monotonic()
        self.instrumentation.prepare()
        facts = self.serial()
        report = StressReport(
            self.item.nodeid,
            self.gated,
            "passed",
            (facts.result,),
            seed=self.seed,
            instrumented=self.instrumentation.counts,
        )
        reason = self.why_not(facts)
        if reason:
            return replace(
                report,
                outcome="skipped",
                reason=reason,
                seconds=time.monotonic() - started,
            )
        results = [facts.result, *self._cells(facts, started)]
        cells = tuple(_numbered(result, index) for index, result in enumerate(results))
        notes = tuple(dict.fromkeys(note for result in cells for note in result.notes))
        return replace(
            report,
            outcome="failed" if any(result.hazards for result in cells) else "passed",
            cells=cells,
            isolation=isolation_verdict(cells),
            seconds=time.monotonic() - started,
            notes=notes,
        )

    def serial(self) -> SerialFacts:
        """Run the serial cell; once more if the test imported modules while it ran."""
        facts = self._serial_once(())
        return self._serial_once(facts.imports) if facts.imports else facts

    def _serial_once(self, imports: tuple[str, ...]) -> SerialFacts:
        seconds = self.settings.time
        result = run_in_child(
            lambda progress: serial_cell(self.item, self.instrumentation, seconds, imports),
            seconds=seconds + GRACE,
        )
        if result.status == "done" and result.value is not None:
            return result.value
        reason = {"timeout": "it hangs", "crashed": f"its process died: {result.exit}"}.get(
            result.status, result.error
        )
        return SerialFacts(CellResult(Cell("serial"), "error", 1, 2, reason=reason))

    def why_not(self, facts: SerialFacts) -> str:
        """Return why the test cannot be stressed, judging by its serial cell; empty if it can."""
        if facts.result.outcome == "error":
            return f"fails without concurrency: {facts.result.reason}"
        if facts.result.outcome == "skipped":
            return facts.result.reason
        if facts.shape == "copies" and self.unsafe_fixtures:
            names = ", ".join(self.unsafe_fixtures)
            return (
                f"copies of it cannot run at once: it uses {names}, which changes the whole process"
            )
        return ""

    def _cells(self, facts: SerialFacts, started: float) -> list[CellResult]:
        cells = plan(self.settings)
        results: list[CellResult] = []
        end = started + self.settings.time
        for number, cell in enumerate(cells):
            now = time.monotonic()
            if now >= end:
                results.append(CellResult(cell, "skipped", reason="no time was left"))
                continue
            share = (end - now) / (len(cells) - number)
            if cell.kind != "explored":
                share = min(share, LEAST_AT_FULL_SPEED + self._full_speed(cell, facts))
            results.append(self._cell(cell, facts, now + share))
        return results

    def _full_speed(self, cell: Cell, facts: SerialFacts) -> float:
        """Estimate, generously, the seconds that the runs of a cell at full speed take."""
        copies = max(cell.threads, 2 * cell.processes)
        return self.settings.runs * copies * (0.02 + 5 * facts.seconds)

    def _cell(self, cell: Cell, facts: SerialFacts, deadline: float) -> CellResult:
        self.on_progress(cell, "")
        runner = {
            "explored": self._explored,
            "free-running": self._free_running,
            "processes": self._processes,
        }[cell.kind]
        started = time.monotonic()
        result = run_in_child(
            lambda progress: self._loaded(facts, partial(runner, cell, facts, deadline, progress)),
            seconds=deadline - started + GRACE,
            on_progress=partial(self.on_progress, cell),
        )
        if result.status == "done" and result.value is not None:
            return result.value
        return cell_of_death(cell, result, time.monotonic() - started)

    def _loaded(self, facts: SerialFacts, run: Callable[[], CellResult]) -> CellResult:
        preload(facts.imports, self.instrumentation)
        return run()

    def _explored(
        self, cell: Cell, facts: SerialFacts, deadline: float, progress: Callable[[str], None]
    ) -> CellResult:
        left = max(deadline - time.monotonic(), 0.1)
        per_execution = min(left, LEAST_PER_EXECUTION + 20 * facts.seconds)
        exploration = Exploration(self.item, self.instrumentation, facts, self.seed, per_execution)
        return explored_cell(
            exploration, cell, self.settings, deadline=deadline, on_progress=progress
        )

    def _free_running(
        self, cell: Cell, facts: SerialFacts, deadline: float, progress: Callable[[str], None]
    ) -> CellResult:
        from pytest_concurrency.stress.workload import Workload

        rng = random.Random(Choices(self.seed, cell.label).random())
        workload = Workload(self.item, facts.shape)
        workload.threads_may_die = facts.threads_may_die

        def run_once(index: int, amplify: bool) -> RunOutcome:
            with amplified(self.instrumentation, rng, active=amplify):
                return workload.run_freely(cell.threads, rng)

        return run_free_running(
            run_once, cell, self.settings, rng=rng, deadline=deadline, on_progress=progress
        )

    def _processes(
        self, cell: Cell, facts: SerialFacts, deadline: float, progress: Callable[[str], None]
    ) -> CellResult:
        from pytest_concurrency.stress.workload import Workload

        rng = random.Random(Choices(self.seed, cell.label).random())
        workload = Workload(self.item, facts.shape)
        method = self.settings.start_method

        def run_once(mode: str, amplify: bool) -> RunOutcome:
            def run_workers(jobs: Any) -> list[End]:
                return _run_workers(jobs, mode, rng, method, deadline)

            with amplified(self.instrumentation, rng, active=amplify):
                return workload.run_in_processes(cell.processes, run_workers)

        return process_cell(run_once, cell, self.settings, deadline=deadline, on_progress=progress)


def _run_workers(
    jobs: list[Job], mode: str, rng: random.Random, method: Any, deadline: float
) -> list[End]:
    if mode == "in turn":
        results = run_workers_in_turn(jobs, start_method=method, deadline=deadline)
    else:
        results = run_workers_at_once(jobs, rng, start_method=method, deadline=deadline)
    return [
        End(index, result.value, result.error, result.outcome)
        for index, result in enumerate(results)
    ]


def cell_of_death(cell: Cell, result: ChildResult[Any], seconds: float) -> CellResult:
    """Describe a cell whose process did not come back with a result."""
    if result.status == "raised":
        reason = f"internal error of pytest-concurrency: {result.error}"
        return CellResult(cell, "error", seconds=seconds, reason=reason)
    last = result.progress[-1] if result.progress else ""
    done = int(last.partition("/")[0]) if last.partition("/")[0].isdigit() else 0
    hazard = hazard_of_death(result, done + 1, cell.threads)
    return CellResult(
        cell, "hazard", done + 1, seconds=seconds, hazards=(hazard,), reason=hazard.message
    )


def _numbered(result: CellResult, index: int) -> CellResult:
    return replace(result, hazards=tuple(replace(hazard, cell=index) for hazard in result.hazards))
