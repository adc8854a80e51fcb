"""What was found."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from pytest_concurrency.kinds import HazardKind, rank
from pytest_concurrency.model.steps import Access, Site, SiteUse, ThreadState

Symptom = tuple[str, str, str, int]
"""How a test fails: the kind of hazard, the exception's type, path and line that raised it."""
_PASSING = re.compile(r"0x[0-9a-fA-F]+|\btmp\w{8}\b|[\w.]*/[^\s'\"\]]*|\d{4,}")
"""What differs from run to run in the name of a location: addresses, temporary files, paths, and
long numbers (process ids, ports, times)."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """Why a hazard is not held against its test."""

    by: str
    """The pattern, as it was written, or the path of the baseline."""
    reason: str


@dataclass(frozen=True, slots=True)
class Hazard:
    """One thing found, with its evidence."""

    kind: HazardKind
    message: str
    """One sentence, complete without the rest."""
    location: str = ""
    sites: tuple[SiteUse, ...] = ()
    cell: int = -1
    """Index into ``StressReport.cells``; -1 until the cell's result is put into the report."""
    severity: Literal["error", "warning", "note"] = "error"
    gil: Literal["reachable", "free-threaded-only", "unknown"] = "unknown"
    preemptions: int = 0
    schedule_index: int = 0
    """1-based number of the schedule (or run) of its cell that showed it."""
    failures: int = 1
    """How many of the cell's runs showed it (free-running and process cells)."""
    replay: str = ""
    """Token for ``--concurrency-replay``; empty where there is none (free-running, processes)."""
    threads: int = 0
    """Number of threads that ran at once when it was seen; 0 where that says nothing."""
    timeline: tuple[Access, ...] = ()
    states: tuple[ThreadState, ...] = ()
    detail: str = ""
    """Multi-line text shown as it is: the failing assertion, a traceback, a stack dump."""
    note: str = ""
    """Anything the reader must know about how sure this is (for example: the replay ran
    differently).
    """
    symptom: Symptom | None = None
    """How the test failed where this was seen, if it did and it is known where that was raised."""
    accepted: Accepted | None = None
    """By whom, if somebody knows of it and has said that it may stay."""

    @property
    def is_error(self) -> bool:
        """Whether a test is to blame for it."""
        return self.severity == "error" and self.accepted is None

    @property
    def place(self) -> str:
        """The location, the same in each run."""
        return _PASSING.sub("*", self.location)

    @property
    def core(self) -> tuple[Site, ...]:
        """The sites that make it up: whoever came in between two steps of one thread may be anybody
        else the next time.
        """
        uses = self.sites
        if len(uses) > 2 and uses[0].thread == uses[-1].thread:
            inner = [use for use in uses[1:-1] if use.thread == uses[0].thread]
            uses = (uses[0], *inner, uses[-1])
        return tuple(use.site for use in uses)

    @property
    def identity(self) -> tuple[str, str, tuple[tuple[str, int], ...]]:
        """Equal for two sightings of the same thing."""
        return (
            self.kind,
            self.place,
            tuple((use.site.path, use.site.line) for use in self.sites),
        )


def badness(hazard: Hazard) -> tuple[int, int]:
    """Order hazards: the worst first, what is accepted last."""
    severity = ("error", "warning", "note").index(hazard.severity)
    severity += 3 * (hazard.accepted is not None)
    return (severity, rank(hazard.kind))
