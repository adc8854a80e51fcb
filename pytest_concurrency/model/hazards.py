"""What was found."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from pytest_concurrency.kinds import HazardKind, rank
from pytest_concurrency.model.steps import Access, SiteUse, ThreadState

Symptom = tuple[str, str, str, int]
"""How a test fails: the kind of hazard, the exception's type, path and line that raised it."""
_PASSING = re.compile(r"0x[0-9a-fA-F]+|\btmp\w{8}\b|[\w.]*/[^\s'\"\]]*|\d{4,}")
"""What differs from run to run in the name of a location: addresses, temporary files, paths, and
long numbers (process ids, ports, times)."""


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

    @property
    def identity(self) -> tuple[str, str, tuple[tuple[str, int], ...]]:
        """Equal for two sightings of the same thing."""
        return (
            self.kind,
            _PASSING.sub("", self.location),
            tuple((use.site.path, use.site.line) for use in self.sites),
        )


def badness(hazard: Hazard) -> tuple[int, int]:
    """Order hazards: the worst first."""
    severity = ("error", "warning", "note").index(hazard.severity)
    return (severity, rank(hazard.kind))
