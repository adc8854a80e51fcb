"""Running exactly the interleaving that a token spells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pytest_concurrency import real_time as time
from pytest_concurrency.detect.detector import Asked, Detector
from pytest_concurrency.detect.gil.reachable import with_gil
from pytest_concurrency.detect.hazards import DETECTORS, look
from pytest_concurrency.model import Cell, CellResult, StressReport
from pytest_concurrency.runtime.trace.event import site_number
from pytest_concurrency.runtime.trace.sites import SITES
from pytest_concurrency.search.execution.choices import Choices
from pytest_concurrency.search.execution.learning import Learning
from pytest_concurrency.search.executor import Executor
from pytest_concurrency.search.token import Token, source_fingerprint
from pytest_concurrency.stress.cells.explored import Exploration, runner, token_of
from pytest_concurrency.stress.cells.preload import preload
from pytest_concurrency.stress.cells.serial import SerialFacts
from pytest_concurrency.stress.children.child import Progress
from pytest_concurrency.stress.conducted.explored import ProcessSearch, detectors
from pytest_concurrency.stress.conducted.wording import of_processes
from pytest_concurrency.stress.control.alone import GRACE_SECONDS
from pytest_concurrency.stress.cut_short import cell_of_death
from pytest_concurrency.stress.run import Stress
from pytest_concurrency.stress.unchecked import needs_no_check

STALE = (
    "the replay token is stale: the sources that its interleaving went through have changed since "
    "it was made"
)
CLEAN = (
    "the interleaving was replayed and shows no hazard; without --concurrency-replay the others "
    "are searched, too"
)


def replay(stress: Stress, token: Token) -> StressReport:
    """Replay ``token`` on the item; the report has one explored cell.

    Of a token that is stale since something was mended there is nothing to replay: the test is
    stressed anew instead, and judged by that.
    """
    started = time.monotonic()
    stress.instrumentation.prepare()
    facts = stress.control.serial()
    cell = Cell("explored", threads=token.threads)
    if token.in_processes:
        cell = Cell("explored-processes", processes=token.threads, start_method="fork")
    report = StressReport(
        stress.item.nodeid,
        stress.gated,
        "passed",
        seed=stress.seed,
        instrumented=stress.instrumentation.counts,
        uninstrumented=stress.instrumentation.left_alone,
    )
    if reason := stress.why_not(facts):
        return replace(report, outcome="failed", reason=reason)
    # The token's schedule went through the fixtures that this control asks for.
    facts = stress.copies.facts_for(facts, token.threads, stress.budget.patience(facts))
    if facts.no_copies:
        return replace(report, outcome="failed", reason=facts.no_copies)
    result = None
    if facts.own_fixtures and facts.not_checked:
        result = needs_no_check(_replayed(stress, replace(facts, own_fixtures=False), cell, token))
    if result is None:
        result = _replayed(stress, facts, cell, token)
    result = stress.without_excused(result, facts)
    if result.reason == STALE:
        return _searched_anew(stress)
    return replace(
        report,
        outcome="passed" if result.outcome == "clean" else "failed",
        cells=(result,),
        seconds=time.monotonic() - started,
        reason=result.reason,
    )


def _replayed(stress: Stress, facts: SerialFacts, cell: Cell, token: Token) -> CellResult:
    started = time.monotonic()
    if cell.in_processes and not stress.host.isolates:
        return CellResult(cell, "error", reason="processes need a process of their own to start in")
    exploration = Exploration(
        stress.item, stress.instrumentation, facts, stress.seed, stress.budget.seconds_left
    )

    def replay_here(_: Progress) -> CellResult:
        preload(facts.imports, stress.instrumentation)
        if not cell.in_processes:
            return _of_threads(exploration, cell, token)
        searched = stress.cells.process_search(cell, facts, stress.deadline)
        return _of_processes(searched, cell, token, stress.item.nodeid)

    child = stress.host.run(
        replay_here,
        seconds=stress.budget.seconds_left + GRACE_SECONDS,
    )
    if child.status == "done" and child.value is not None:
        return child.value
    return cell_of_death(cell, child, time.monotonic() - started, "replay")


def _searched_anew(stress: Stress) -> StressReport:
    report = stress.run()
    if report.outcome == "skipped":
        return replace(report, outcome="failed", reason=f"{STALE}, and {report.reason}")
    found = "found what follows"
    if not report.hazards:
        found = f"found no hazard in {report.schedules} runs: the token can be thrown away"
    return replace(report, reason=f"{STALE}; a new search {found}")


def _of_threads(exploration: Exploration, cell: Cell, token: Token) -> CellResult:
    execute = runner(exploration, token.threads, Choices(exploration.seed))
    limit = exploration.facts.step_limit
    deadline = time.monotonic() + exploration.per_execution
    learning = Learning()
    executor = Executor(execute, limit, deadline, learning, exploration.users)
    with exploration.ready_between():
        return _replay_here(executor, learning, cell, token, exploration.item.nodeid)


def _of_processes(searched: ProcessSearch, cell: Cell, token: Token, nodeid: str) -> CellResult:
    explorer = searched.explorer(cell, None)
    result = _replay_here(
        explorer, Learning(), cell, token, nodeid, detectors=detectors(searched.flowing)
    )
    return replace(result, hazards=tuple(map(of_processes, result.hazards)))


def _replay_here(
    executor: Executor,
    learning: Learning,
    cell: Cell,
    token: Token,
    nodeid: str,
    detectors: Sequence[Detector] = DETECTORS,
) -> CellResult:
    observation = executor.replayed(token.schedule, executor.limit, record=True)
    log = observation.execution.log
    sources = source_fingerprint(SITES[site_number(event)].path for event in log)
    followed = set(token.schedule.switches) <= set(observation.execution.switches)
    if sources != token.sources or not followed:
        return CellResult(cell, "error", 1, 1, strategy="replay", reason=STALE)
    learning.note(log, observation.execution.noted)
    suspect = look(observation, Asked(again=executor), detectors)
    if suspect is None or suspect.refuted(executor) is not None:
        return CellResult(cell, "clean", 1, 1, strategy="replay", reason=CLEAN)
    told = suspect.tell(executor)
    hazard = replace(
        told,
        gil=with_gil(observation, told),
        schedule_index=1,
        replay=token_of(nodeid, cell, observation.execution),
        cell=0,
    )
    return CellResult(cell, "hazard", 1, 1, 1, strategy="replay", hazards=(hazard,))
