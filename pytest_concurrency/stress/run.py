"""One test, start to end: its cells, each in a child process, and the verdict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import pytest

from pytest_concurrency import real_time as time
from pytest_concurrency._pytest_compat import argument_names
from pytest_concurrency.instrument.swap import Instrumentation
from pytest_concurrency.model import (
    Cell,
    CellResult,
    Hazard,
    NotRun,
    Settings,
    StressReport,
    numbered,
)
from pytest_concurrency.runtime.patches.install import look_ahead
from pytest_concurrency.search.saved import Failing, SavedFailures, still_failing
from pytest_concurrency.settings.ignored import Accepts, marked, never
from pytest_concurrency.stress.borrowing import with_places
from pytest_concurrency.stress.budget import Budget
from pytest_concurrency.stress.cells.serial import SerialFacts
from pytest_concurrency.stress.children.child import Interrupted
from pytest_concurrency.stress.children.stay_behind import threads_that_stay_behind
from pytest_concurrency.stress.control.alone import SLEEPS, Control
from pytest_concurrency.stress.control.copies import NO_COPIES, CopiesControl
from pytest_concurrency.stress.cut_short import interrupted_cell
from pytest_concurrency.stress.item.host import LEAKS_HERE, SHARED, Host
from pytest_concurrency.stress.one_cell import CellRunner, Known, OnProgress
from pytest_concurrency.stress.outside.held_up import MET_UNSEEN
from pytest_concurrency.stress.own_changes import changes_of
from pytest_concurrency.stress.plan import Need, is_by_default, is_complete, plan, without_default
from pytest_concurrency.stress.processes.inherited.own_forks import own_fork_hazards
from pytest_concurrency.stress.processes.overwritten import flowing_lines
from pytest_concurrency.stress.survey import Survey
from pytest_concurrency.stress.unchecked import is_error, without_excused
from pytest_concurrency.stress.verdict import isolation_verdict


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
    counts: Callable[[Hazard], bool] = is_error
    """Says which fail the test."""
    measures: bool = False
    """Whether it is asked for what threads and processes cost."""

    def run(self) -> StressReport:
        """Run all cells; to be called when the item is set up (``InChild``: before it has run)."""
        started = time.monotonic()
        self.instrumentation.prepare()
        look_ahead(self.instrumentation.namespaces)
        facts = self.control.serial()
        facts = replace(facts, result=_noting_forks(facts.result, self.survey))
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
        results, not_run = [facts.result], list[NotRun]()
        try:
            self._add_cells(results, not_run, facts, failing)
        except Interrupted as stop:
            stop.report = self._summed_up(report, facts, results, started)
            raise
        still = still_failing(results, failing)
        problems = [problem, self.saved.store(self.item.nodeid, still)]
        summed_up = self._summed_up(report, facts, results, started)
        problems = list(filter(None, problems))
        return replace(summed_up, not_run=tuple(not_run), problems=tuple(problems))

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
            results = [_of_seen_code_only(each) for each in results]
        results = _without_what_met_elsewhere(results)
        cells = numbered(results)
        notes = dict.fromkeys((*self._notes(facts), *(n for each in cells for n in each.notes)))
        return replace(
            report,
            outcome="failed" if any(each.outcome == "hazard" for each in cells) else "passed",
            cells=cells,
            reason=_not_meant_for_copies(cells),
            isolation=isolation_verdict(cells),
            seconds=time.monotonic() - started,
            notes=tuple(notes),
            costs=next((each.costs for each in cells if each.costs is not None), None),
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
        return Budget(self.settings, self.deadline)

    @property
    def control(self) -> Control:
        """What tells how the test runs without concurrency."""
        count = 0 if self.unsafe_fixtures else next(iter(self.settings.threads), 0)
        then = partial(self.copies.after_rounds, count)
        return Control(self.item, self.instrumentation, self.seed, self.deadline, self.host, then)

    @property
    def copies(self) -> CopiesControl:
        """What tells how copies of the test run that do not meet inside what they call."""
        return CopiesControl(self.item, self.instrumentation, self.seed, self.deadline, self.host)

    @property
    def cells(self) -> CellRunner:
        """What runs the cells."""
        return CellRunner(
            self.item,
            self.instrumentation,
            self.settings,
            self.seed,
            self.host,
            self.budget,
            self.accepts,
            self.stays_behind,
            self.on_progress,
            self.measures,
        )

    @property
    def _asked_for(self) -> frozenset[str]:
        """The fixtures that the test needs; ``request`` only if it may ask for others itself."""
        needed = frozenset(self.item.fixturenames) - {"request"}
        return needed.union(argument_names(self.item))

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
        if facts.shape != "copies" or result.cell.in_processes or not result.hazards:
            return result
        return without_excused(result, changes_of(self.item.obj))

    def _add_cells(
        self,
        results: list[CellResult],
        not_run: list[NotRun],
        facts: SerialFacts,
        failing: Sequence[Failing],
    ) -> None:
        settings = self.settings
        if not self.host.isolates:  # what the test has done to this process is not to be inherited
            settings = replace(settings, start_method=("spawn",), by_default=None)
        cells = plan(settings, is_fixed=facts.is_fixed)
        forks = "fork" in settings.start_method
        need = Need(facts, self._asked_for, self.survey.sees_all, self.counts, forks, settings)
        settled: dict[int, SerialFacts] = {}
        for number, cell in enumerate(cells):
            first = [each.schedule for each in failing if each.is_of(cell)]
            if need.leaves_out(cell, results):
                continue
            told = need.not_needed(cell, results, has_failed=bool(first))
            if told is not None:
                not_run.append(told)
                continue
            if time.monotonic() >= self.deadline:
                results.append(CellResult(cell, "skipped", reason="no time was left"))
                continue
            runs = need.runs(self.settings.runs, results)
            sees_all = self.survey.sees_all
            explores = need.explores(cell, cells)
            known = Known(tuple(first), flowing_lines(results), runs, sees_all, explores)
            try:
                result = self._controlled(cells[number:], facts, settled, known)
                result = marked(self.without_excused(result, facts), self.accepts)
                if is_by_default(settings, cell.start_method):
                    results[:] = without_default(results, result)
                else:
                    results.append(result)
            except Interrupted as stop:
                results.append(interrupted_cell(cell, stop.kept))
                raise

    def _controlled(
        self,
        cells: Sequence[Cell],
        facts: SerialFacts,
        settled: dict[int, SerialFacts],
        known: Known,
    ) -> CellResult:
        """Run the first of these cells, with what copies need; ``settled`` has that by their
        number.

        That copies fail between statements matters only where something fails: so an explored cell
        comes before that part of their control, and again if it was explored on what they should
        not share.
        """
        cell, patience = cells[0], self.budget.patience(facts)
        copies = max(cell.threads, cell.processes)
        if copies not in settled:
            at_first = self.copies.one_after_another(facts, copies, patience)
            if cell.kind == "explored":
                end = self.budget.end_of(cells, facts)
                result = self.cells.run(cell, at_first, known, end)
                if is_complete(result):
                    settled[copies] = at_first
                    return result
            settled[copies] = self.copies.between_statements(at_first, copies, patience)
            if cell.kind == "explored" and settled[copies] is at_first:
                return result
        return self.cells.run(cell, settled[copies], known, self.budget.end_of(cells, facts))


def _noting_forks(serial: CellResult, survey: Survey) -> CellResult:
    """Add to the cell without concurrency what its plain run has shown."""
    return replace(serial, hazards=(*serial.hazards, *own_fork_hazards(survey.forks)))


def _of_seen_code_only(result: CellResult) -> CellResult:
    """Say of a cell what can be said where there is code that is not seen."""
    return replace(result, exhausted=False, covered=0, reduced=False, shares_nothing=False)


MET_ELSEWHERE = "its threads meet outside memory, where no schedule lets them meet"


def _without_what_met_elsewhere(results: Sequence[CellResult]) -> list[CellResult]:
    """Take back what is said of all schedules of threads that meet in code of the standard library
    that has no scheduling points; and of threads that share nothing, where processes have met
    outside memory: threads do so, too, in such code or in code of C.
    """
    is_unseen = any(MET_UNSEEN in each.notes for each in results)
    has_met = any(each.meets for each in results if each.cell.kind == "processes")
    return [
        replace(_of_seen_code_only(each), notes=(*each.notes, MET_ELSEWHERE))
        if (is_unseen and each.cell.kind == "explored") or (has_met and each.shares_nothing)
        else each
        for each in results
    ]


def _not_meant_for_copies(cells: Sequence[CellResult]) -> str:
    return next((each.reason for each in cells if each.reason.startswith(NO_COPIES)), "")
