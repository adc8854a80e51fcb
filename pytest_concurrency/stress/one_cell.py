"""Running one cell of a test, in a child process, and saying what became of it."""

from __future__ import annotations

import random
import select
from collections.abc import Callable, Sequence, Set
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import pytest

from pytest_concurrency import real_time as time
from pytest_concurrency.detect.hazards.lost_update import Lines
from pytest_concurrency.instrument.swap import Instrumentation
from pytest_concurrency.model import Cell, CellResult, Schedule, Settings
from pytest_concurrency.search.bounded import MORE
from pytest_concurrency.search.execution.choices import Choices
from pytest_concurrency.settings.ignored import Accepts
from pytest_concurrency.stress.budget import Budget, cut_at
from pytest_concurrency.stress.cells.amplify import amplified
from pytest_concurrency.stress.cells.apart import value_from_apart
from pytest_concurrency.stress.cells.costing import Costing
from pytest_concurrency.stress.cells.explored import Exploration, explored_cell, token_of
from pytest_concurrency.stress.cells.free_running import run_free_running
from pytest_concurrency.stress.cells.preload import preload
from pytest_concurrency.stress.cells.serial import SerialFacts
from pytest_concurrency.stress.cells.workload import Workload
from pytest_concurrency.stress.conducted.explored import ProcessSearch, explored_processes
from pytest_concurrency.stress.control.alone import GRACE_SECONDS
from pytest_concurrency.stress.cut_short import cell_of_death
from pytest_concurrency.stress.item.host import Host
from pytest_concurrency.stress.item.outcomes import RunOutcome
from pytest_concurrency.stress.item.rerun import Rerun
from pytest_concurrency.stress.outside.held_up import MET_UNSEEN, Traces, UnseenMeetings
from pytest_concurrency.stress.plan import RUNS_BY_DEFAULT, by_default, is_by_default, is_worth_more
from pytest_concurrency.stress.processes.fork_server import FORK_SERVERS
from pytest_concurrency.stress.processes.forks import RunOnce
from pytest_concurrency.stress.processes.inherited.watching import PLAIN, TryOut
from pytest_concurrency.stress.processes.process_cell import process_cell
from pytest_concurrency.stress.processes.process_run import ProcessOutcome, ProcessRuns
from pytest_concurrency.stress.processes.turns import InTurn, Way
from pytest_concurrency.stress.unchecked import needs_no_check

_PATIENCE_SECONDS = 1.0
"""For which processes that run in turn are left alone."""
OnProgress = Callable[[Cell, str], None]
"""Gets the cell and how far it is (``120/200``)."""


class Known(NamedTuple):
    """What is known before a cell runs."""

    first: Sequence[Schedule]
    """What is tried first: it failed before."""
    flowing: Set[Lines]
    """Between which lines threads have lost updates."""
    runs: int
    """How often a cell at full speed repeats the test."""
    sees_all: bool
    """Whether all code that the test runs is seen."""
    explores: bool = False
    """Whether the schedules of its processes are searched by another cell."""


@dataclass(frozen=True, slots=True)
class CellRunner:
    """Runs the cells of one item."""

    item: pytest.Function
    instrumentation: Instrumentation
    settings: Settings
    seed: str
    host: Host
    budget: Budget
    accepts: Accepts
    stays_behind: str
    """Which threads are missing where the cells run."""
    on_progress: OnProgress
    measures: bool = False
    """Whether it is asked for what threads and processes cost."""

    def run(self, cell: Cell, facts: SerialFacts, known: Known, deadline: float) -> CellResult:
        """Run a cell until ``deadline`` (of ``time.monotonic``)."""
        if cell.kind == "explored" and facts.result.outcome == "skipped":
            return CellResult(cell, "skipped", reason=facts.result.reason)
        # Where each statement is one step, processes fail as threads do: on what the set-up made.
        no_copies = facts.no_copies if not cell.in_processes or facts.not_checked else ""
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
        self, cell: Cell, facts: SerialFacts, known: Known, deadline: float
    ) -> CellResult:
        runners: dict[str, Callable[..., CellResult]] = {
            "explored": partial(self._explored, known),
            "free-running": partial(self._free_running, known),
            "explored-processes": partial(self._explored_processes, known),
            "processes": partial(self._processes, known),
        }
        if cell.start_method == "forkserver":
            modules = (self.item.module.__name__, *facts.imports)
            FORK_SERVERS.prepare(modules, self.instrumentation)
        runner = runners[cell.kind]
        started = time.monotonic()
        last_runs = 2 if cell.is_explored else 1  # what hangs is confirmed
        patience = self.budget.patience(facts, cell.start_method or "fork")
        longest = deadline - started + last_runs * (patience + GRACE_SECONDS)
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
        known: Known,
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
            first=known.first,
            deadline=deadline,
            on_progress=progress,
            # What a debugger shows is the last execution.
            more=MORE if self.host.isolates else 0,
        )

    def _free_running(
        self,
        known: Known,
        cell: Cell,
        facts: SerialFacts,
        deadline: float,
        progress: Callable[[str], None],
    ) -> CellResult:
        rng = random.Random(Choices(self.seed, cell.label).random())
        workload = Workload(self.item, facts.shape, own_fixtures=facts.own_fixtures)
        workload.threads_may_die = facts.threads_may_die

        patience = self.budget.patience(facts)
        meetings = UnseenMeetings(rng)

        def run_once(index: int, amplify: bool) -> RunOutcome | None:
            amplify = amplify and not facts.too_long  # it would take as long as under the scheduler
            seconds = min(patience, cut_at(deadline) - time.monotonic())
            # What is drawn in a process of its own is lost: each one has a stream of its own.
            chance = random.Random(rng.random()) if facts.state_leaks else rng

            noting = meetings.next_run() if amplify else None

            def run() -> tuple[RunOutcome, Traces]:
                with (
                    amplified(self.instrumentation, chance, steps=facts.steps, active=amplify),
                    nullcontext() if noting is None else noting.watching(),
                ):
                    outcome = workload.run_freely(cell.threads, chance, seconds)
                return outcome, () if noting is None else noting.traces

            outcome, traces = (
                value_from_apart(run, seconds + GRACE_SECONDS) if facts.state_leaks else run()
            )
            if noting is not None:
                meetings.learn(traces)
            is_cut = outcome.test.status == "timeout" and seconds < patience
            return None if is_cut else outcome  # only who was given the whole time hangs

        result = run_free_running(
            run_once,
            cell,
            self.budget.runs(cell, known.runs),
            rng=rng,
            deadline=deadline,
            on_progress=progress,
        )
        return replace(result, notes=(*result.notes, MET_UNSEEN)) if meetings.met else result

    def _processes(
        self,
        known: Known,
        cell: Cell,
        facts: SerialFacts,
        deadline: float,
        progress: Callable[[str], None],
    ) -> CellResult:
        costing, settings = Costing(), self.settings
        if is_by_default(settings, cell.start_method):
            settings = replace(settings, runs=min(settings.runs, RUNS_BY_DEFAULT))
        runs = self._process_runs(cell, facts)
        runs.tries_to_send = cell.start_method == "fork" and settings.by_default is not None
        run_once = self._run_once(runs, facts, deadline, costing)
        result = process_cell(
            run_once,
            cell,
            settings,
            deadline=deadline,
            rng=random.Random(Choices(self.seed, cell.label).random()),
            shape=facts.shape,
            stays_behind=self.stays_behind,
            flowing=known.flowing,
            sees_all=known.sees_all,
            preempts=not known.explores,
            on_progress=progress,
        )
        if settings.by_default and runs.unsent and is_worth_more(result):
            note = f"{by_default(settings.by_default)}, could not be tried: {runs.unsent}"
            result = replace(result, notes=(*result.notes, note))
        if not self.measures or result.outcome == "skipped":
            return result
        if not costing.works and time.monotonic() < deadline:
            run_once(InTurn(patience=_PATIENCE_SECONDS), watched=False)
        return replace(result, costs=costing.costs(cell.start_method or "fork"))

    def _process_runs(self, cell: Cell, facts: SerialFacts) -> ProcessRuns:
        return ProcessRuns(
            Rerun(self.item),
            facts.shape,
            cell.processes,
            self.instrumentation,
            cell.start_method or "fork",
            facts.threads_may_die,
            facts.own_fixtures,
            FORK_SERVERS.last,
        )

    def _run_once(
        self, runs: ProcessRuns, facts: SerialFacts, deadline: float, costing: Costing
    ) -> RunOnce:
        patience = self.budget.patience(facts, runs.start_method)

        def run_once(way: Way, *, watched: bool, try_out: TryOut = PLAIN) -> ProcessOutcome | None:
            began = time.monotonic()
            latest = min(max(deadline, began + patience), cut_at(deadline))
            seconds = min(patience, latest - began)
            outcome = runs.run(
                way, watched=watched, deadline=latest, patience=seconds, try_out=try_out
            )
            if not watched:
                costing.add(outcome.works)
            return None if seconds < patience and outcome.is_given_up else outcome

        return run_once

    def process_search(
        self,
        cell: Cell,
        facts: SerialFacts,
        deadline: float,
        flowing: Set[Lines] = frozenset(),
    ) -> ProcessSearch:
        """Return what searches the schedules of processes; to be called in a child process."""
        run_once = self._run_once(self._process_runs(cell, facts), facts, deadline, Costing())
        return ProcessSearch(
            partial(run_once, watched=True),
            self.seed,
            partial(token_of, self.item.nodeid, cell),
            deadline,
            flowing,
            self.accepts,
            walks_only=self.settings.shard[0] > 1,
        )

    def _explored_processes(
        self,
        known: Known,
        cell: Cell,
        facts: SerialFacts,
        deadline: float,
        progress: Callable[[str], None],
    ) -> CellResult:
        searched = self.process_search(cell, facts, deadline, known.flowing)
        return explored_processes(
            searched, cell, self.settings, first=known.first, on_progress=progress
        )
