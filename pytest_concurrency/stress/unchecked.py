"""What was found where the checks of a test do not count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pytest_concurrency.kinds import (
    LOST_UPDATE,
    SWALLOWED_EXCEPTION,
    TEST_FAILURE,
    THREAD_EXCEPTION,
)
from pytest_concurrency.model import CellResult, Hazard
from pytest_concurrency.runtime.trace.resource import is_outside
from pytest_concurrency.stress.control import NO_COPIES
from pytest_concurrency.stress.own_changes import Change


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
