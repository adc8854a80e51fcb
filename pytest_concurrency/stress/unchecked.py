"""What was found where the checks of a test do not count."""

from __future__ import annotations

from dataclasses import replace

from pytest_concurrency.model import CellResult, Hazard


def needs_no_check(result: CellResult) -> CellResult | None:
    """Return what was found on shared fixtures although the test's checks say nothing there: what
    happened to objects in memory, as files are shared by their names only. None if there is none.
    """
    hazards = tuple(each for each in result.hazards if _is_in_memory(each))
    if result.outcome != "hazard" or all(each.severity != "error" for each in hazards):
        return None
    return replace(result, hazards=hazards)


def _is_in_memory(hazard: Hazard) -> bool:
    if hazard.kind in ("test-failure", "lost-update"):
        return bool(hazard.location) and not hazard.location.startswith("file ")
    return True
