"""Fork hazards of a process cell: what goes wrong with what its workers have inherited.

A worker that waits for ever for a lock is seen to do so. Of all else that several workers use, it
is tried out: the run is repeated with that changed, and if it passes then, that was the cause.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from pytest_concurrency.model import Hazard
from pytest_concurrency.model.hazards import Symptom
from pytest_concurrency.stress.cells.runs import Runs, kind_of
from pytest_concurrency.stress.children.stacks import frames_in
from pytest_concurrency.stress.item.outcomes import CopyOutcome, merge
from pytest_concurrency.stress.processes.inherited.told import (
    Severity,
    cured,
    cures_to_try,
    is_told,
    shared_connections,
    shared_ends,
    stuck_workers,
)
from pytest_concurrency.stress.processes.inherited.watching import PLAIN, TryOut
from pytest_concurrency.stress.processes.process_run import ProcessOutcome
from pytest_concurrency.stress.processes.turns import InTurn, Way

_MOST_TRIES = 3
"""Runs that fail and are repeated with something changed, in one cell."""


class RunOnce(Protocol):
    """One fresh run of the test; ``watched``: on instrumented code."""

    def __call__(
        self, way: Way, /, *, watched: bool, try_out: TryOut = PLAIN
    ) -> ProcessOutcome | None:
        """Run with fresh fixtures; None if it was given up because the time of the cell was up."""
        ...


def hazards_of_control(
    run_once: RunOnce, way: InTurn, outcome: ProcessOutcome
) -> tuple[Hazard, ...]:
    """Return the hazards of a run with the workers one after another: they are no matter of timing,
    so they fail no test.
    """
    hazards = [
        *stuck_workers(outcome.inherited, "warning"),
        *shared_connections(outcome.inherited),
        *shared_ends(outcome.inherited),
    ]
    worst = _worst(outcome)
    if worst.is_bad and not any(is_told(each.stuck) for each in outcome.inherited):
        hazards += _by_cure(run_once, way, outcome, "warning")
    return tuple(hazards)


def stuck_while_held(run_once: RunOnce, way: InTurn, outcome: ProcessOutcome) -> tuple[Hazard, ...]:
    """Return what is seen if the fork comes while another thread holds a lock that workers take;
    ``outcome`` is that of a run in which none was held.
    """
    if not outcome.held_at:
        return ()
    again = run_once(way, watched=True, try_out=TryOut(hold_at=outcome.held_at))
    return () if again is None else (*stuck_workers(again.inherited, "error"),)


def _by_cure(
    run_once: RunOnce, way: InTurn, outcome: ProcessOutcome, severity: Severity
) -> Iterator[Hazard]:
    """Yield what is wrong with a run that fails, if something is known that helps."""
    for cure in cures_to_try(outcome.inherited):
        again = run_once(way, watched=True, try_out=TryOut(cure))
        if again is not None and not again.not_mapped and not _worst(again).is_bad:
            hazard = cured(cure, outcome.inherited, _worst(outcome).message, severity)
            if hazard is not None:
                yield replace(hazard, symptom=_symptom(_worst(outcome)))
            return


class ForkHazards:
    """Explains runs at once that go wrong."""

    def __init__(self, run_once: RunOnce, stuck: Sequence[Hazard] = ()) -> None:
        self._run_once = run_once
        self._known: dict[Symptom, Hazard] = {}
        """What has been explained, by how it failed."""
        self._tries = 0
        self._stuck = [*stuck]

    def explain(self, runs: Runs, way: Way, outcome: ProcessOutcome) -> bool:
        """Note what a run shows, if all that went wrong in it comes from what was inherited."""
        stuck = [*stuck_workers(outcome.inherited, "error")]
        worst = _worst(outcome)
        if stuck:
            self._stuck = stuck
        if stuck or (worst.status == "timeout" and self._hangs_likewise(worst)):
            runs.add_explained(stuck or self._stuck[:1])
            return True
        symptom = _symptom(worst)
        if not worst.is_bad or symptom is None:
            return False
        if symptom not in self._known and isinstance(way, InTurn) and self._tries < _MOST_TRIES:
            self._tries += 1
            for hazard in _by_cure(self._run_once, way, outcome, "error"):
                self._known[symptom] = hazard
        if symptom not in self._known:
            return False
        runs.add_explained([self._known[symptom]])
        return True

    def _hangs_likewise(self, worst: CopyOutcome) -> bool:
        """Whether a worker stands where another one has waited for ever."""
        standing = {*frames_in(worst.traceback)}
        first = {(each.sites[0].site.path, each.sites[0].site.line) for each in self._stuck}
        return bool(first & standing)


def _worst(outcome: ProcessOutcome) -> CopyOutcome:
    workers = merge(outcome.workers, noun="process")
    return workers if workers.is_bad else outcome.test


def _symptom(copy: CopyOutcome) -> Symptom | None:
    where = copy.location
    return None if where is None else (kind_of(copy), copy.kind, where.path, where.line)
