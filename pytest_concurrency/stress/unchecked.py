"""What was found and does not count: where the checks of a test say nothing, and what needs
free-threaded Python where only the rest is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pytest_concurrency.kinds import (
    LOST_UPDATE,
    SWALLOWED_EXCEPTION,
    TEST_FAILURE,
    THREAD_EXCEPTION,
)
from pytest_concurrency.model import CellResult, Hazard, StressReport
from pytest_concurrency.runtime.trace.resource import is_outside
from pytest_concurrency.stress.control.copies import NO_COPIES
from pytest_concurrency.stress.own_changes import Change
from pytest_concurrency.stress.verdict import isolation_verdict

SET_ASIDE = "set aside by --concurrency-gil-only: it needs free-threaded Python"


def needs_no_check(result: CellResult) -> CellResult | None:
    """Return what was found on shared fixtures although the test's checks say nothing there: what
    happened to objects: files are shared by their names only, unless a method keeps something
    there. None if there is none.
    """
    hazards = tuple(each for each in result.hazards if _is_of_objects(each))
    if result.outcome != "hazard" or not any(each.is_error for each in hazards):
        return None
    return replace(result, hazards=hazards)


def _is_of_objects(hazard: Hazard) -> bool:
    is_in_memory = bool(hazard.location) and not is_outside(hazard.location)
    if hazard.kind == LOST_UPDATE:
        return is_in_memory or all(_is_method(use.site.function) for use in hazard.sites)
    return is_in_memory or hazard.kind != TEST_FAILURE


def _is_method(qualified_name: str) -> bool:
    return "." in qualified_name.rpartition("<locals>.")[2]


def without_excused(result: CellResult, changes: Sequence[Change]) -> CellResult:
    """Leave out the hazards of copies that come from what the test itself changes: those that meet
    at such a place, and failures of which no place is known.
    """
    left = tuple(each for each in result.hazards if not _is_excused(each, changes))
    if len(left) == len(result.hazards):
        return result
    if any(each.severity == "error" for each in left):
        return replace(result, hazards=left)
    told = f"{NO_COPIES}where the test itself changes what the whole process shares ({changes[0]})"
    return CellResult(result.cell, "skipped", seconds=result.seconds, reason=told)


_FAILURES = (TEST_FAILURE, THREAD_EXCEPTION, SWALLOWED_EXCEPTION)


def _is_excused(hazard: Hazard, changes: Sequence[Change]) -> bool:
    if not changes or hazard.severity != "error":
        return False
    if hazard.kind in _FAILURES and not hazard.location:
        return True
    places = {(use.site.path, use.site.line) for use in hazard.sites}
    return any(
        path == change.path and change.first <= line <= change.last
        for path, line in places
        for change in changes
    )


def is_error(hazard: Hazard) -> bool:
    """Whether a hazard fails its test."""
    return hazard.is_error


def is_error_with_gil(hazard: Hazard) -> bool:
    """Whether it does where hazards that need free-threaded Python are set aside."""
    return hazard.is_error and not _is_aside(hazard)


def without_free_threaded_only(report: StressReport) -> StressReport:
    """Return the report with such hazards as notes: they neither fail the test nor decide."""
    if not any(map(_is_aside, report.hazards)):
        return report
    cells = tuple(map(_without_aside, report.cells))
    fails = any(each.outcome == "hazard" for each in cells)
    return replace(
        report,
        outcome="failed" if fails else "passed",
        cells=cells,
        isolation=isolation_verdict(cells),
    )


def _without_aside(result: CellResult) -> CellResult:
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
