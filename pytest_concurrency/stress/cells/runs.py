"""Counting the runs of a cell that repeats a test, and turning the failures into hazards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pytest_concurrency import real_time as time
from pytest_concurrency._compat import gil_enabled
from pytest_concurrency.kinds import (
    CRASH,
    KINDS,
    TEST_FAILURE,
    THREAD_EXCEPTION,
    TIMEOUT,
    HazardKind,
)
from pytest_concurrency.model import Cell, CellResult, Hazard, Site, SiteUse
from pytest_concurrency.stress.item.outcomes import CopyOutcome, RunOutcome, merge

Control = Literal["", "clean", "not-shared", "fails"]


@dataclass(slots=True)
class _Sighting:
    """One way of failing: its first evidence, and how often it came."""

    kind: HazardKind
    first: CopyOutcome
    run: int
    natively: bool = False
    count: int = 0


class Runs:
    """Runs of one cell: done, failed, and how."""

    def __init__(self, cell: Cell, planned: int, way: str, deadline: float) -> None:
        self.cell = cell
        self.planned = planned
        self.way = way
        """How they ran, for messages: ``with 4 threads at full speed``."""
        self.done = 0
        self._deadline = deadline
        self._began = time.monotonic()
        self._skips: list[CopyOutcome] = []
        self._setup_errors: list[CopyOutcome] = []
        self._sightings: dict[tuple[HazardKind, str, Site | None], _Sighting] = {}
        """By kind, exception and the line where it was raised."""
        self._found: list[tuple[int, Hazard]] = []

    def must_stop(self) -> bool:
        """Time is up, or a hang showed that it soon will be: each one costs its whole time-out."""
        hung = any(sighting.kind == TIMEOUT for sighting in self._sightings.values())
        return hung or time.monotonic() >= self._deadline

    def add(self, outcome: RunOutcome, amplified: bool, *, judge_test: bool = True) -> None:
        """Count one run; ``judge_test`` false: only what its workers did is evidence."""
        self.done += 1
        judged = [merge(outcome.workers, noun="process")] if outcome.workers else []
        if judge_test and not any(worker.is_bad for worker in outcome.workers):
            judged.append(outcome.test)  # else it failed because its workers did
        for copy in judged:
            if copy.is_bad:
                self._sight(kind_of(copy), copy, amplified)
            elif copy.status == "skipped":
                self._skips.append(copy)
        if outcome.thread_errors:
            errors = merge(outcome.thread_errors, noun="thread")
            self._sight(THREAD_EXCEPTION, errors, amplified)

    def add_found(self, hazard: Hazard | None) -> None:
        """Note what the last run shows besides the way in which it ended."""
        if hazard is not None:
            self._found.append((self.done, hazard))

    def add_explained(self, hazards: Sequence[Hazard]) -> None:
        """Count one run of which it is known by what it goes wrong."""
        self.done += 1
        for hazard in hazards:
            self.add_found(hazard)

    @property
    def has_failed(self) -> bool:
        """Whether a run so far has shown a hazard."""
        return bool(self._sightings or self._found)

    def progress(self) -> str:
        """For the terminal: ``7/20 runs, 2 failed``."""
        failed = max((sighting.count for sighting in self._sightings.values()), default=0)
        return f"{self.done}/{self.planned} runs" + (f", {failed} failed" if failed else "")

    def result(self, *, control: Control = "", reason: str = "") -> CellResult:
        """What the runs so far add up to."""
        sighted = [self._hazard(sighting) for sighting in self._sightings.values()]
        hazards = (*self._counted(), *sighted)
        cut = f"time was up after {self.done} of {self.planned} runs"
        outcome: Literal["clean", "hazard", "error", "skipped"] = "clean"
        if hazards:
            outcome = "hazard"
        elif self._setup_errors:
            outcome, reason = "error", f"its set-up failed: {self._setup_errors[0].message}"
        elif self.done == 0:
            outcome, reason = "skipped", "no time was left"
        elif self._skips and len(self._skips) >= self.done:
            outcome, reason = "skipped", f"the test skips itself: {self._skips[0].message}"
        elif self.done < self.planned:
            reason = f"{reason}; {cut}" if reason else cut
        return CellResult(
            self.cell,
            outcome,
            schedules=self.done,
            planned=self.planned,
            seconds=time.monotonic() - self._began,
            reason=reason,
            hazards=hazards,
            control=control,
        )

    def _counted(self) -> Iterator[Hazard]:
        """Yield what was found, each thing once."""
        groups: dict[object, list[tuple[int, Hazard]]] = {}
        for run, hazard in self._found:
            groups.setdefault(hazard.identity, []).append((run, hazard))
        for sightings in groups.values():
            run, hazard = sightings[0]
            yield replace(hazard, schedule_index=run, failures=len(sightings))

    def _sight(self, kind: HazardKind, copy: CopyOutcome, amplified: bool) -> None:
        if copy.phase == "setup":
            self._setup_errors.append(copy)  # before anything ran at once: no matter of concurrency
            return
        key = (kind, copy.kind, copy.location)
        sighting = self._sightings.setdefault(key, _Sighting(kind, copy, self.done))
        sighting.count += 1
        sighting.natively |= not amplified

    def _hazard(self, sighting: _Sighting) -> Hazard:
        kind, first = sighting.kind, sighting.first
        in_processes = self.cell.kind == "processes"
        times = f"{sighting.count} of {self.done} run{'' if self.done == 1 else 's'}"
        where = first.location
        sites = () if where is None else (SiteUse(where, 0, "call"),)
        only_amplified = not sighting.natively and self.done > 1
        return Hazard(
            kind=kind,
            message=f"{KINDS[kind].in_runs} in {times} {self.way}: {first.message}",
            sites=sites,
            gil="reachable" if sighting.natively and gil_enabled() else "unknown",
            schedule_index=sighting.run,
            failures=sighting.count,
            threads=0 if in_processes else self.cell.threads,
            detail=first.traceback,
            note="seen in amplified runs only (instrumented code)" if only_amplified else "",
            symptom=None if where is None else (kind, first.kind, where.path, where.line),
        )


def kind_of(copy: CopyOutcome) -> HazardKind:
    """The kind of hazard that a bad outcome is."""
    if copy.status == "timeout":
        return TIMEOUT
    return CRASH if copy.status == "crashed" else TEST_FAILURE
