"""Searches as far as it was asked for, and a little further once something has been found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pytest_concurrency.detect.detector import Finding
from pytest_concurrency.model import Hazard, Schedule
from pytest_concurrency.real_time import monotonic
from pytest_concurrency.search.execution.strategy import Covered
from pytest_concurrency.search.explorer import Explorer
from pytest_concurrency.search.findings import Findings

MORE = 200
"""Schedules that a cell is searched for after its first hazard: a default run's whole number."""
_MORE_TO_BE_SURE = 50
"""The least after one that only says that something is wrong: another one may say what."""
LEAST_MORE_SECONDS = 1.0
"""Seconds that this may take in any case."""


class TooLong(NamedTuple):
    """An execution went on when its time was up, which is no hang."""

    points: int
    fitted: int
    """Executions before it."""
    planned: int

    def __str__(self) -> str:
        fitted = f"{self.fitted:,} of {self.planned:,} schedules fitted"
        return f"too long: {self.points:,} points, {fitted}"


@dataclass(frozen=True, slots=True)
class Search:
    """What a search found."""

    executions: int
    hazards: tuple[Hazard, ...]
    seconds: float
    reason: str = ""
    """Why it ended before so many schedules were run as were asked for."""
    too_long: TooLong | None = None
    """If that is the reason."""
    exhausted: bool = False
    """Whether there is no other schedule (within the bound on preemptions)."""
    covered: Covered | None = None
    """What has been run without a gap."""
    interleavings: Mapping[int, int] = field(default_factory=dict)
    """Fingerprints of the different interleavings seen, with the number of the execution that was
    the first. They mean the same in processes that were forked from one.
    """
    warnings: tuple[Hazard, ...] = ()
    """What does not end a search, nor fail a test: threads left behind."""
    shares_nothing: bool = False
    """Whether no execution has shown that its workers share something."""


class _Bounds:
    """How far a search goes."""

    def __init__(self, schedules: int, deadline: float, more: int | None) -> None:
        self.schedules = schedules
        self.deadline = deadline
        self._more = more
        self._started = monotonic()
        self._is_narrow = False

    def narrow(self, done: int, findings: Findings, suspect: Finding) -> None:
        """Something has been found after so many executions: do not look for more for ever."""
        if self._more is None:
            return
        if findings.is_full or _is_dangerous(suspect):
            self.schedules = done
        elif not self._is_narrow:
            now = monotonic()
            more = max(self._more, _MORE_TO_BE_SURE) if suspect.only_says_that else self._more
            self.schedules = min(self.schedules, done + more)
            self.deadline = min(self.deadline, now + max(LEAST_MORE_SECONDS, now - self._started))
        self._is_narrow = self._is_narrow or not suspect.only_says_that


def _is_dangerous(suspect: Finding) -> bool:
    """Whether more executions may do harm: threads could not be unwound, or another one may take
    all the time again.
    """
    return bool(suspect.observation.execution.leaked) or suspect.may_hang


def search(
    explorer: Explorer,
    schedules: int,
    *,
    more: int | None = 0,
    first: Sequence[Schedule] = (),
    on_progress: Callable[[int], None] | None = None,
    on_found: Callable[[Hazard], None] | None = None,
    is_over: Callable[[int], bool] | None = None,
) -> Search:
    """Execute up to ``schedules`` times, until the explorer's deadline.

    After the first hazard that is not accepted at most ``more`` times more, and in at most the time
    again that it has taken, or ``LEAST_MORE_SECONDS``; with None as if nothing had been found. The
    schedules in ``first`` come first. ``is_over`` gets the number of executions so far, and says
    whether somebody else has found enough.
    """
    findings = explorer.findings
    bounds = _Bounds(schedules, explorer.deadline, more)
    started = monotonic()
    reason, too_long = "", None
    known_schedules = iter(first)
    number = 0
    while number < bounds.schedules and not explorer.strategy.finished:
        if is_over is not None and is_over(number):
            reason = "another job had found enough"
            break
        again = next(known_schedules, None)
        suspect = explorer.next_suspect() if again is None else explorer.try_again(again)
        if suspect is not None and findings.is_new(suspect):
            hazard = explorer.confirm(suspect)
            findings.add(suspect, hazard)
            if on_found is not None:
                on_found(hazard)
            if hazard.is_error or _is_dangerous(suspect):
                bounds.narrow(number + 1, findings, suspect)
        if explorer.too_long and not findings:
            too_long = TooLong(explorer.too_long, number, schedules)
            reason = str(too_long)
            break
        if monotonic() > bounds.deadline and not explorer.strategy.finished:
            reason = "" if findings else "time was up"
            break
        if on_progress is not None and not number % 20:
            on_progress(number)
        number += 1
    return Search(
        explorer.executions,
        findings.hazards,
        monotonic() - started,
        reason,
        too_long,
        explorer.strategy.finished and explorer.covered is not None,
        explorer.covered,
        explorer.interleavings,
        explorer.warnings,
    )
