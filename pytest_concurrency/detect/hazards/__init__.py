"""The detectors, one file each, and their one list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from pytest_concurrency.detect.detector import NOTHING_MORE, Asked, Detector, Finding
from pytest_concurrency.detect.hazards.atomicity import AtomicityViolations
from pytest_concurrency.detect.hazards.deadlock import Deadlocks
from pytest_concurrency.detect.hazards.failure import Failures
from pytest_concurrency.detect.hazards.lost_update import LostUpdates
from pytest_concurrency.detect.hazards.no_progress import NoProgress
from pytest_concurrency.detect.hazards.outcome import Outcomes
from pytest_concurrency.detect.hazards.stale_read import StaleReads
from pytest_concurrency.detect.hazards.time_out import TimeOuts
from pytest_concurrency.detect.hygiene.held_lock import HeldLocks
from pytest_concurrency.detect.hygiene.leak import Leaks
from pytest_concurrency.detect.hygiene.over_release import OverReleases
from pytest_concurrency.detect.hygiene.swallowed import SwallowedExceptions
from pytest_concurrency.detect.observation import Observation
from pytest_concurrency.kinds import (
    CRASH,
    DATA_RACE,
    FORK_HAZARD,
    LOCK_ORDER_INVERSION,
    HazardKind,
)

_LAST: Final[tuple[Detector, ...]] = (
    Failures(),
    Leaks(),
    SwallowedExceptions(),
    OverReleases(),
)
DETECTORS: Final[list[Detector]] = [
    Deadlocks(),
    NoProgress(),
    TimeOuts(),
    LostUpdates(),
    AtomicityViolations(),
    HeldLocks(),
    StaleReads(),
    Outcomes(),
    *_LAST,
]
"""Who is asked first explains what the next ones would see."""

WITHOUT_DETECTOR: Final[dict[HazardKind, str]] = {
    DATA_RACE: "it follows from a whole search, ``search/racing.py``, in which nothing worse was "
    "found there",
    CRASH: "the process died, and what it did with it: ``stress/cells`` tells how it ended",
    FORK_HAZARD: "it is seen where processes are started, ``stress/processes/inherited``, and of "
    "workers that run at full speed",
    LOCK_ORDER_INVERSION: "it follows from a whole search, ``search/steering.py``, in which no "
    "execution has closed the circle",
}
"""Kinds that are found otherwise, and why. What fails, hangs or crashes at full speed and in
processes has no trace either: ``stress/cells/runs.py`` counts it.
"""
_STOPPED: Final = ("too-long", "cut")
"""Outcomes that claim nothing."""


def add_detector(detector: Detector) -> None:
    """Ask a detector of another package, too: before a failure is no more than that."""
    DETECTORS.insert(DETECTORS.index(_LAST[0]), detector)


def look(
    observation: Observation,
    asked: Asked = NOTHING_MORE,
    detectors: Sequence[Detector] = DETECTORS,
) -> Finding | None:
    """Judge one execution: return the first thing that looks like a hazard, and is not known."""
    return next(findings_in(observation, asked, detectors), None)


def findings_in(
    observation: Observation,
    asked: Asked = NOTHING_MORE,
    detectors: Sequence[Detector] = DETECTORS,
) -> Iterator[Finding]:
    """Judge one execution: yield all that looks like a hazard, and is not known."""
    outcome = observation.execution.outcome
    if outcome in _STOPPED:
        return
    for detector in detectors:
        if not detector.is_warning:
            for finding in detector.findings(observation, asked):
                if outcome or finding.key not in asked.known:
                    yield finding


def warners() -> tuple[Detector, ...]:
    """Return the detectors of what is worth a warning: asked of every execution, also of those
    whose interleaving has been seen.
    """
    return tuple(detector for detector in DETECTORS if detector.is_warning)
