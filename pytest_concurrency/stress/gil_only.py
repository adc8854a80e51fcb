"""Sets aside what needs free-threaded Python, where ``--concurrency-gil-only`` asks for it."""

from __future__ import annotations

from dataclasses import replace

from pytest_concurrency.model import CellResult, Hazard, StressReport
from pytest_concurrency.stress.verdict import isolation_verdict

SET_ASIDE = "set aside by --concurrency-gil-only: it needs free-threaded Python"


def without_free_threaded_only(report: StressReport) -> StressReport:
    """Return the report with such hazards as notes: they neither fail the test nor decide."""
    if not any(map(_is_aside, report.hazards)):
        return report
    cells = tuple(map(_without, report.cells))
    fails = any(each.outcome == "hazard" for each in cells)
    return replace(
        report,
        outcome="failed" if fails else "passed",
        cells=cells,
        isolation=isolation_verdict(cells),
    )


def _without(result: CellResult) -> CellResult:
    if not any(map(_is_aside, result.hazards)):
        return result
    hazards = tuple(_noted(each) if _is_aside(each) else each for each in result.hazards)
    is_left = any(each.severity == "error" for each in hazards)
    return replace(result, hazards=hazards, outcome="hazard" if is_left else "clean")


def _is_aside(hazard: Hazard) -> bool:
    return hazard.gil == "free-threaded-only" and hazard.severity == "error"


def _noted(hazard: Hazard) -> Hazard:
    note = "; ".join(filter(None, (hazard.note, SET_ASIDE)))
    return replace(hazard, severity="note", note=note)
