"""One test, start to end: its cells, each in a child process, and the verdict."""

from __future__ import annotations

import random
import select
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import NamedTuple

import pytest

from pytest_concurrency import real_time as time
from pytest_concurrency.instrument.swap import Instrumentation
from pytest_concurrency.model import (
    Cell,
    CellResult,
    Schedule,
    Settings,
    StressReport,
)
from pytest_concurrency.runtime.patches.install import look_ahead
from pytest_concurrency.search.bounded import MORE
from pytest_concurrency.search.execution.choices import Choices
from pytest_concurrency.search.saved import Failing, SavedFailures, still_failing
from pytest_concurrency.settings.ignored import Accepts, marked, never
from pytest_concurrency.stress.borrowing import with_places
from pytest_concurrency.stress.budget import Budget, cut_at
from pytest_concurrency.stress.cells.amplify import amplified
from pytest_concurrency.stress.cells.explored import Exploration, explored_cell
from pytest_concurrency.stress.cells.free_running import run_free_running
from pytest_concurrency.stress.cells.preload import preload
from pytest_concurrency.stress.cells.serial import SerialFacts
from pytest_concurrency.stress.cells.workload import Workload
from pytest_concurrency.stress.children.child import Interrupted
from pytest_concurrency.stress.children.stay_behind import threads_that_stay_behind
from pytest_concurrency.stress.control import GRACE_SECONDS, NO_COPIES, SLEEPS, Control
from pytest_concurrency.stress.cut_short import cell_of_death, interrupted_cell
from pytest_concurrency.stress.item.host import LEAKS_HERE, SHARED, Host
from pytest_concurrency.stress.item.outcomes import RunOutcome
from pytest_concurrency.stress.item.rerun import Rerun
from pytest_concurrency.stress.own_changes import changes_of
from pytest_concurrency.stress.plan import plan
from pytest_concurrency.stress.processes.overwritten import Lines, flowing_lines
from pytest_concurrency.stress.processes.process_cell import process_cell
from pytest_concurrency.stress.processes.process_run import ProcessOutcome, ProcessRuns
from pytest_concurrency.stress.processes.turns import Way
from pytest_concurrency.stress.survey import Survey
from pytest_concurrency.stress.unchecked import needs_no_check, without_excused
from pytest_concurrency.stress.verdict import isolation_verdict

OnProgress = Callable[[Cell, str], None]
"""Gets the cell and how far it is (``120/200``)."""


class _Known(NamedTuple):
    """What is known before a cell runs."""

    first: Sequence[Schedule]
    """What is tried first: it failed before."""
    flowing: Set[Lines]
    """Between which lines threads have lost updates."""


@dataclass(frozen=True)
class Stress:
    """What stressing one item needs to know."""

    item: pytest.Function
    instrumentation: Instrumentation
    settings: Settings
    gated: bool
    seed: str
    host: Host
    unsafe_fixtures: tuple[str, ...] = ()
    saved: SavedFailures = field(default_factory=lambda: SavedFailures(None))
    """Schedules that failed before."""
    on_progress: OnProgress = field(default=lambda cell, text: None)
    survey: Survey = field(default=Survey())
    """What code the test runs."""
    spent: float = 0.0
    """Seconds of its time that the survey has taken."""
    accepts: Accepts = never
    """Says which hazards may stay."""

    def run(self) -> StressReport:
        """Run all cells; to be called when the item is set up (``InChild``: before it has run)."""
        started = time.monotonic()
        self.instrumentation.prepare()
        look_ahead(self.instrumentation.namespaces)
        facts = self.control.serial()
        report = StressReport(
            self.item.nodeid,
            self.gated,
            "passed",
            (facts.result,),
            seed=self.seed,
            instrumented=self.instrumentation.counts,
            uninstrumented=self.instrumentation.left_alone,
            entered=self.survey.functions,
            unseen=self.survey.unseen,
            ignore=tuple(pattern.text for pattern in self.settings.ignore),
        )
        reason = self.why_not(facts)
        if reason:
            return replace(
                report,
                outcome="failed" if facts.hopeless else "skipped",
                reason=reason,
                seconds=time.monotonic() - started,
            )
        failing, problem = self.saved.load(self.item.nodeid)
        results = [facts.result]
        try:
            self._add_cells(results, facts, failing)
        except Interrupted as stop:
            stop.report = self._summed_up(report, facts, results, started)
            raise
        still = still_failing(results, failing)
        problems = [problem, self.saved.store(self.item.nodeid, still)]
        summed_up = self._summed_up(report, facts, results, started)
        return replace(summed_up, problems=tuple(filter(None, problems)))

    def _summed_up(
        self,
        report: StressReport,
        facts: SerialFacts,
        results: Sequence[CellResult],
        started: float,
    ) -> StressReport:
        results = with_places([marked(each, self.accepts) for each in results])
        results = [marked(each, self.accepts) for each in results]
        if self.survey.unseen or not self.survey.is_known:
            results = [replace(each, exhausted=False, covered=0) for each in results]
        cells = tuple(_numbered(result, index) for index, result in enumerate(results))
        notes = dict.fromkeys((*self._notes(facts), *(n for each in cells for n in each.notes)))
        return replace(
            report,
            outcome="failed" if any(each.outcome == "hazard" for each in cells) else "passed",
            cells=cells,
            reason=_not_meant_for_copies(cells),
            isolation=isolation_verdict(cells),
            seconds=time.monotonic() - started,
            notes=tuple(notes),
        )

    @cached_property
    def stays_behind(self) -> str:
        """Say which threads are missing where the cells run."""
        return threads_that_stay_behind() if self.host.isolates else ""

    def _notes(self, facts: SerialFacts) -> tuple[str, ...]:
        if self.host.isolates:
            return ()
        return (SHARED, LEAKS_HERE) if facts.state_leaks else (SHARED,)

    @cached_property
    def deadline(self) -> float:
        """When the time of the test is up, from the first question on (of ``time.monotonic``)."""
        return time.monotonic() + self.settings.time - self.spent

    @property
    def budget(self) -> Budget:
        """What time there is, and for what."""
        start = self.settings.start_method if self.host.isolates else "spawn"
        return Budget(self.settings, start, self.deadline)

    @property
    def control(self) -> Control:
        """What tells how the test runs without concurrency."""
        return Control(self.item, self.instrumentation, self.seed, self.deadline, self.host)

    def why_not(self, facts: SerialFacts) -> str:
        """Return why the test cannot be stressed, judging by its serial cell; empty if it can."""
        if facts.result.outcome == "error":
            reason = facts.result.reason
            explained = not self.stays_behind or reason.startswith(SLEEPS)
            return reason if explained else f"{reason}; {self.stays_behind}"
        if facts.result.outcome == "skipped" and not facts.too_long:
            return facts.result.reason
        if facts.shape == "copies" and self.unsafe_fixtures:
            names = ", ".join(self.unsafe_fixtures)
            return f"copies of it cannot run at once: they would share {names}"
        return ""

    def without_excused(self, result: CellResult, facts: SerialFacts) -> CellResult:
        """Leave out what copies do to each other by what the test itself changes for all."""
        if facts.shape != "copies" or result.cell.kind == "processes" or not result.hazards:
            return result
        return without_excused(result, changes_of(self.item.obj))

    def _add_cells(
        self,
        results: list[CellResult],
        facts: SerialFacts,
        failing: Sequence[Failing],
    ) -> None:
        cells = plan(self.settings, is_fixed=facts.is_fixed)
        by_count: dict[int, SerialFacts] = {}
        for number, cell in enumerate(cells):
            copies = max(cell.threads, cell.processes)
            if copies not in by_count:
                by_count[copies] = self.control.for_copies(
                    facts, copies, self.budget.patience(facts)
                )
            if time.monotonic() >= self.deadline:
                results.append(CellResult(cell, "skipped", reason="no time was left"))
                continue
            end = self.budget.end_of(cells[number:], facts)
            first = [each.schedule for each in failing if each.threads == cell.threads]
            try:
                known = _Known(tuple(first), flowing_lines(results))
                result = self._cell(cell, by_count[copies], known, end)
                results.append(self.without_excused(result, facts))
            except Interrupted as stop:
                results.append(interrupted_cell(cell, stop.kept))
                raise

    def _cell(self, cell: Cell, facts: SerialFacts, known: _Known, deadline: float) -> CellResult:
        if cell.kind == "explored" and facts.result.outcome == "skipped":
            return CellResult(cell, "skipped", reason=facts.result.reason)
        # Where each statement is one step, processes fail as threads do: on what the set-up made.
        no_copies = facts.no_copies if cell.kind != "processes" or facts.not_checked else ""
        if reason := self._out_of_place(cell) or no_copies:
            return CellResult(cell, "skipped", reason=reason)
        self.on_progress(cell, "")
        if cell.kind == "explored" and facts.own_fixtures and facts.not_checked:
            shared = replace(facts, own_fixtures=False)
            half = time.monotonic() + (deadline - time.monotonic()) / 2
            result = needs_no_check(self._in_child(cell, shared, known, half))
            if result is not None:
                return result
        return self._in_child(cell, facts, known, deadline)

    def _in_child(
        self, cell: Cell, facts: SerialFacts, known: _Known, deadline: float
    ) -> CellResult:
        runners: dict[str, Callable[..., CellResult]] = {
            "explored": partial(self._explored, known.first),
            "free-running": self._free_running,
            "processes": partial(self._processes, known.flowing),
        }
        runner = runners[cell.kind]
        started = time.monotonic()
        last_runs = 2 if cell.kind == "explored" else 1  # what hangs is confirmed
        longest = deadline - started + last_runs * (self.budget.patience(facts) + GRACE_SECONDS)
        result = self.host.run(
            lambda progress: self._loaded(facts, partial(runner, cell, facts, deadline, progress)),
            seconds=longest,
            on_progress=partial(self.on_progress, cell),
        )
        if result.status == "done" and result.value is not None:
            return replace(result.value, own_fixtures=facts.own_fixtures)
        return cell_of_death(cell, result, time.monotonic() - started, self.settings.strategy)

    def _out_of_place(self, cell: Cell) -> str:
        if self.host.isolates or cell.kind == "explored":
            return ""
        if cell.kind == "free-running":
            return "threads at full speed may hang, and need a process of their own"
        return "" if hasattr(select, "poll") else "this system cannot watch several processes"

    def _loaded(self, facts: SerialFacts, run: Callable[[], CellResult]) -> CellResult:
        preload(facts.imports, self.instrumentation)
        return run()

    def _explored(
        self,
        first: Sequence[Schedule],
        cell: Cell,
        facts: SerialFacts,
        deadline: float,
        progress: Callable[[str], None],
    ) -> CellResult:
        if not self.host.isolates:
            facts = replace(facts, state_leaks=False)
        settings = self.settings if self.host.isolates else replace(self.settings, jobs=1)
        exploration = Exploration(
            self.item,
            self.instrumentation,
            facts,
            self.seed,
            self.budget.patience(facts),
            cut_at(deadline),
            self.accepts,
        )
        return explored_cell(
            exploration,
            cell,
            settings,
            first=first,
            deadline=deadline,
            on_progress=progress,
            # What a debugger shows is the last execution.
            more=MORE if self.host.isolates else 0,
        )

    def _free_running(
        self, cell: Cell, facts: SerialFacts, deadline: float, progress: Callable[[str], None]
    ) -> CellResult:
        rng = random.Random(Choices(self.seed, cell.label).random())
        workload = Workload(self.item, facts.shape, own_fixtures=facts.own_fixtures)
        workload.threads_may_die = facts.threads_may_die

        patience = self.budget.patience(facts)

        def run_once(index: int, amplify: bool) -> RunOutcome | None:
            amplify = amplify and not facts.too_long  # it would take as long as under the scheduler
            seconds = min(patience, cut_at(deadline) - time.monotonic())
            with amplified(self.instrumentation, rng, steps=facts.steps, active=amplify):
                outcome = workload.run_freely(cell.threads, rng, seconds)
            is_cut = outcome.test.status == "timeout" and seconds < patience
            return None if is_cut else outcome  # only who was given the whole time hangs

        return run_free_running(
            run_once,
            cell,
            self.budget.runs(cell),
            rng=rng,
            deadline=deadline,
            on_progress=progress,
        )

    def _processes(
        self,
        flowing: Set[Lines],
        cell: Cell,
        facts: SerialFacts,
        deadline: float,
        progress: Callable[[str], None],
    ) -> CellResult:
        patience = self.budget.patience(facts)
        runs = ProcessRuns(
            Rerun(self.item),
            facts.shape,
            cell.processes,
            self.instrumentation,
            self.budget.start_method,
            facts.threads_may_die,
            facts.own_fixtures,
        )

        def run_once(way: Way, *, watched: bool) -> ProcessOutcome | None:
            began = time.monotonic()
            latest = min(max(deadline, began + patience), cut_at(deadline))
            seconds = min(patience, latest - began)
            outcome = runs.run(way, watched=watched, deadline=latest, patience=seconds)
            return None if seconds < patience and outcome.is_given_up else outcome

        return process_cell(
            run_once,
            cell,
            self.settings,
            deadline=deadline,
            rng=random.Random(Choices(self.seed, cell.label).random()),
            shape=facts.shape,
            stays_behind=self.stays_behind,
            flowing=flowing,
            on_progress=progress,
        )


def _not_meant_for_copies(cells: Sequence[CellResult]) -> str:
    return next((each.reason for each in cells if each.reason.startswith(NO_COPIES)), "")


def _numbered(result: CellResult, index: int) -> CellResult:
    return replace(result, hazards=tuple(replace(hazard, cell=index) for hazard in result.hazards))
