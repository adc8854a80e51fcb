"""Cells that did not come to their own end: what is known of them all the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytest_concurrency.model import Cell, CellOutcome, CellResult, Hazard
from pytest_concurrency.stress.cells.apart import hangs_nowhere, hazard_of_death
from pytest_concurrency.stress.children.child import ChildResult
from pytest_concurrency.stress.children.in_child import headline_of
from pytest_concurrency.stress.control.alone import INTERNAL
from pytest_concurrency.stress.processes.process_cell import CONTROL


def interrupted_cell(cell: Cell, found: Sequence[Hazard]) -> CellResult:
    """Describe a cell in which so much had been found when the session was interrupted."""
    outcome: CellOutcome = "hazard" if found else "skipped"
    done = max((hazard.schedule_index for hazard in found), default=0)
    return CellResult(cell, outcome, done, hazards=tuple(found), reason="it was interrupted")


def _internal_error(result: ChildResult[Any]) -> str:
    return INTERNAL + headline_of(result.error)


def cell_of_death(
    cell: Cell, result: ChildResult[Any], seconds: float, strategy: str
) -> CellResult:
    """Describe a cell whose process did not come back with a result."""
    if result.status == "raised":
        return CellResult(
            cell, "error", seconds=seconds, reason=_internal_error(result), notes=(result.error,)
        )
    last = result.progress[-1] if result.progress else ""
    if last == CONTROL:
        reason = f"the test's own process died even {CONTROL}: {result.exit}"
        if result.status == "timeout":
            reason = f"it does not end even {CONTROL}"
        return CellResult(cell, "fails", seconds=seconds, reason=reason, control="fails")
    done = int(last.partition("/")[0]) if last.partition("/")[0].isdigit() else 0
    if hangs_nowhere(result):
        outcome: CellOutcome = "hazard" if result.kept else "skipped"
        kept, reason = tuple(result.kept), "time was up"
        return CellResult(cell, outcome, done, seconds=seconds, hazards=kept, reason=reason)
    processes = cell.processes if cell.in_processes else 0
    # Progress is told now and then: nobody knows in which schedule or run it was.
    hazard = hazard_of_death(result, 0, cell.threads, processes=processes)
    return CellResult(
        cell,
        "hazard",
        done + 1,
        strategy=strategy if cell.is_explored else "",
        seconds=seconds,
        hazards=(*result.kept, hazard),
        reason=hazard.message,
    )
