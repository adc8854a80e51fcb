"""The process cell: workers in turn (the control), then with one preemption, then all at once.

Only what the control does not show is a hazard of concurrency. What the control shows is judged by
what was touched: a check that fails although nothing outside memory was touched looks at memory,
which processes do not share; everything else that fails there does not survive the move to
processes.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from pytest_concurrency import real_time as time
from pytest_concurrency.detect.hazards.lost_update import Lines
from pytest_concurrency.model import Cell, CellResult, Hazard, Settings
from pytest_concurrency.stress.cells.runs import Control, Runs
from pytest_concurrency.stress.cells.workload import Shape
from pytest_concurrency.stress.item.outcomes import RunOutcome, merge, unread
from pytest_concurrency.stress.outside.preemptions import promising_preemptions
from pytest_concurrency.stress.outside.touch import (
    MET_IN_DATABASE,
    NOTHING_OUTSIDE,
    NOTHING_SEEN,
    Touch,
    do_meet,
    may_meet,
    meet_in_database,
    meet_in_talk_only,
)
from pytest_concurrency.stress.processes.forks import (
    ForkHazards,
    RunOnce,
    hazards_of_control,
    stuck_while_held,
)
from pytest_concurrency.stress.processes.inherited.told import is_told
from pytest_concurrency.stress.processes.overwritten import lost_update_between
from pytest_concurrency.stress.processes.process_run import (
    GivenUpOutside,
    GivenUpWaiting,
    ProcessOutcome,
)
from pytest_concurrency.stress.processes.turns import AtOnce, InTurn
from pytest_concurrency.stress.processes.unsent import ResultNotSent

CONTROL = "one after another"
"""What the cell says of its progress while the control is running."""
CONTROLS = 2
NO_TIME = "no time was left"
_RUNS_WITHOUT_MEETING = 2
_LEAST_AT_ONCE = 4
_PATIENCE_SECONDS = 1.0
_LONGEST_OFFSET_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class _Found:
    """What the control shows."""

    control: Control
    told: str = ""
    traces: tuple[tuple[Touch, ...], ...] = ()
    seconds: float = 0.0
    ends: Mapping[str, str] = field(default_factory=dict)
    answering: tuple[str, ...] = ()
    workers_fail: bool = False
    """What workers do at once is no evidence: one after another they fail, too."""
    runs: int = 0
    """How often they were run one after another."""
    hazards: tuple[Hazard, ...] = ()
    """What went wrong with what they have inherited."""
    stuck: tuple[Hazard, ...] = ()
    """What a fork shows that comes while a thread holds a lock that they need."""


_ANSWERED = (
    "its workers talk to {}, which the test has started and which goes on in the main process "
    "only: that conversation cannot be moved to processes as it is"
)
_MISSED = (
    "its workers may need {}, which the test has started before and which goes on in the main "
    "process only: what waits for it in another one waits in vain ({})"
)


def process_cell(
    run_once: RunOnce,
    cell: Cell,
    settings: Settings,
    *,
    deadline: float,
    rng: random.Random,
    shape: Shape = "callables",
    stays_behind: str = "",
    flowing: Set[Lines] = frozenset(),
    sees_all: bool = False,
    preempts: bool = True,
    on_progress: Callable[[str], None] | None = None,
) -> CellResult:
    """Run a test with its workers in turn twice, then ``settings.runs`` times at once.

    ``stays_behind``: what its processes do not have, for messages of why they fail. ``flowing``:
    between which lines threads have lost updates. ``sees_all``: whatever the test touches outside
    memory is seen; then nothing is run at once where it is nothing. ``preempts``: whether some runs
    have a single preemption; else an explored cell has them.
    """
    progress = on_progress or (lambda text: None)
    began = time.monotonic()
    found = _control(run_once, shape, deadline, progress, sees_all=sees_all)
    meets = may_meet(found.traces)
    if not meets and not found.stuck and sees_all and found.control in ("clean", "not-shared"):
        return CellResult(
            cell,
            found.control,
            found.runs,
            found.runs,
            seconds=time.monotonic() - began,
            reason=found.told or NOTHING_OUTSIDE,
            control=found.control,
            hazards=found.hazards,
        )
    planned = settings.runs if meets else min(_RUNS_WITHOUT_MEETING, settings.runs)
    if found.control in ("", "fails"):
        return CellResult(
            cell,
            "fails" if found.control else "skipped",
            schedules=CONTROLS if found.control else 0,
            planned=CONTROLS if found.control else settings.runs,
            seconds=time.monotonic() - began,
            reason="; ".join(filter(None, (found.told, stays_behind))),
            control=found.control,
            hazards=found.hazards,
        )
    runs = Runs(cell, planned, f"with {cell.processes} processes at once", deadline)
    forks = ForkHazards(run_once, found.stuck)
    if found.stuck:
        runs.add_explained(found.stuck)
    for way in _ways(found, planned - runs.done, rng, preempts=preempts):
        if runs.must_stop():
            break
        watched = isinstance(way, InTurn) or way.amplified
        if found.stuck and not watched:
            continue  # it may hang for as long as it has time
        outcome = run_once(way, watched=watched)
        if outcome is None:
            break
        if not forks.explain(runs, way, outcome):
            runs.add(
                RunOutcome(outcome.test, () if found.workers_fail else outcome.workers),
                watched,
                judge_test=found.control == "clean",
            )
        if isinstance(way, InTurn) and not outcome.overlap:
            unharmed = dict(outcome.ends.items() & found.ends.items())
            runs.add_found(lost_update_between(outcome.traces, flowing, unharmed.keys()))
        progress(runs.progress())
    has_met = bool(meets or found.stuck)
    reason = found.told or ("" if has_met else NOTHING_OUTSIDE if sees_all else NOTHING_SEEN)
    if runs.has_failed and found.answering and meet_in_talk_only(found.traces):
        return CellResult(
            cell,
            "skipped",
            runs.done,
            planned,
            seconds=time.monotonic() - began,
            reason=_ANSWERED.format(", ".join(found.answering)),
            control=found.control,
        )
    if not reason and meet_in_database(found.traces):
        reason = MET_IN_DATABASE
    result = runs.result(control=found.control, reason=reason)
    result = replace(result, hazards=(*result.hazards, *found.hazards))
    if result.outcome == "clean" and found.control == "not-shared":
        result = replace(result, outcome="not-shared")
    return replace(result, seconds=time.monotonic() - began, meets=do_meet(found.traces))


# -- the control ------------------------------------------------------------------------------


def _control(
    run_once: RunOnce,
    shape: Shape,
    deadline: float,
    progress: Callable[[str], None],
    *,
    sees_all: bool,
) -> _Found:
    """Run in turn: first watched, then on the program's own code, unless all is seen and nothing
    was touched on which processes could meet.
    """
    progress(CONTROL)
    if time.monotonic() >= deadline:
        return _Found("", NO_TIME)
    way = InTurn(patience=_PATIENCE_SECONDS)
    with unread():
        watched = run_once(way, watched=True)
    if watched is None:
        return _Found("", NO_TIME)
    control, told = _judge(watched, shape)
    runs = 1
    stuck = stuck_while_held(run_once, way, watched) if control == "clean" else ()
    is_settled = sees_all and control in ("clean", "not-shared") and not may_meet(watched.traces)
    # Whether it hangs on the program's own code is a matter of luck, or has been seen.
    is_settled |= bool(stuck) or any(is_told(each.stuck) for each in watched.inherited)
    if control and not is_settled and time.monotonic() < deadline:
        runs = 2
        with unread():
            natively = run_once(way, watched=False)
        if natively is None:
            return _Found("", NO_TIME)
        again, what = _judge(natively, shape)
        # Less is seen to be touched on code that is not instrumented.
        if (again == "clean") != (control == "clean"):
            return _Found(
                "", f"one after another, its processes fail once and pass once: {told or what}"
            )
    hazards = hazards_of_control(run_once, way, watched)
    return _Found(
        control,
        _explained(told, hazards),
        watched.traces,
        watched.seconds,
        watched.ends,
        watched.answering,
        any(worker.is_bad for worker in watched.workers),
        runs,
        hazards,
        stuck,
    )


def _explained(told: str, hazards: Sequence[Hazard]) -> str:
    """Say of a control that fails by what."""
    places = [each.location for each in hazards if each.symptom is not None]
    return f"{told}; it comes from {places[0]}, inherited at the fork" if places else told


def _judge(outcome: ProcessOutcome, shape: Shape) -> tuple[Control, str]:
    workers = merge(outcome.workers, noun="process")
    test = outcome.test
    if outcome.not_mapped:
        return "", outcome.not_mapped
    if workers.phase == "setup" and workers.is_bad:
        return "", workers.message
    if test.phase == "setup" and test.is_bad:
        return "", f"its set-up failed: {test.message}"
    if test.kind == ResultNotSent.__name__:
        return "", test.message.partition(": ")[2]
    worst = workers if workers.is_bad else test
    if worst.is_bad:
        return _judge_failure(outcome, shape)
    skip = next((each for each in (workers, test) if each.status == "skipped"), None)
    return ("", f"the test skips itself: {skip.message}") if skip else ("clean", "")


def _judge_failure(outcome: ProcessOutcome, shape: Shape) -> tuple[Control, str]:
    workers, test = merge(outcome.workers, noun="process"), outcome.test
    worst = workers if workers.is_bad else test
    waits = workers.status == "timeout" or not _is_outside_touched(outcome)
    if workers.is_bad and outcome.missed and waits:
        return "", _MISSED.format(", ".join(outcome.missed), worst.message)
    if outcome.overlap == "slept":
        return "", f"its processes cannot be run one after another: {worst.message}"
    given_up = "" if workers.is_bad else outcome.given_up
    if given_up == GivenUpOutside.__name__ or (
        given_up == GivenUpWaiting.__name__ and _is_outside_touched(outcome)
    ):
        return "", _WAITS_WITHOUT_JOIN
    alone = "without preemption" if outcome.overlap else _IN_TURN
    died = worst.status in ("crashed", "timeout")
    if workers.is_bad and shape == "copies" and not died:
        return "", f"copies of it fail even {_IN_TURN}: {worst.message}"
    memory_only = not _is_outside_touched(outcome) and not died
    if memory_only and (not workers.is_bad or shape == "own-threads"):
        what = "its threads meet" if workers.is_bad else "its check looks at"
        where = "in memory" if workers.is_bad else "memory"
        if given_up:
            what, where = "it waits for something", "in memory"
        return "not-shared", (
            f"{what} {where} that processes do not share, and nothing outside memory is touched: "
            f"it fails even {alone} ({worst.message})"
        )
    return "fails", f"it fails even {alone}: {worst.message}"


_IN_TURN = "one after another"
_WAITS_WITHOUT_JOIN = (
    "the test waits for what its threads do outside memory, before it joins them: that cannot be "
    "moved to processes as it is"
)


def _is_outside_touched(outcome: ProcessOutcome) -> bool:
    """Whether workers have left something outside memory, or the check looks there."""
    written = any(touch.may_write for trace in outcome.traces for touch in trace)
    return written or any(touch.is_data for touch in outcome.check)


# -- at once ------------------------------------------------------------------------------------


def _ways(
    found: _Found, count: int, rng: random.Random, *, preempts: bool
) -> list[InTurn | AtOnce]:
    """Say how each of the runs at once goes: with one preemption each, as far as there are
    touches to preempt before, then free-running."""
    most = max(count - _LEAST_AT_ONCE, 0) if preempts else 0
    patience = min(2 * found.seconds + 0.1, _PATIENCE_SECONDS)
    paused = promising_preemptions(found.traces, rng)
    ways: list[InTurn | AtOnce] = [InTurn(pause, patience) for pause in paused[:most]]
    longest = min(found.seconds, _LONGEST_OFFSET_SECONDS)
    for number in range(count - len(ways)):
        # The first one is what would happen without us.
        ways.append(AtOnce(rng.getrandbits(64), longest * (number % 2), amplified=number % 4 > 0))
    return ways
