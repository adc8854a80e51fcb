"""The place of a failure that was seen where nobody watched: that of the same failure, executed.

What runs at full speed and in processes has no log. Where an explored cell has executed the same
failure (kind, type of the exception, line that raised), it is known what it fails by. A hang whose
threads stand where those of a deadlock wait is that deadlock.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pytest_concurrency.kinds import DEADLOCK, TIMEOUT
from pytest_concurrency.model import CellResult, Hazard
from pytest_concurrency.runtime.trace.resource import is_outside
from pytest_concurrency.stress.children.stacks import frames_in


def with_places(results: Sequence[CellResult]) -> list[CellResult]:
    """Give the hazards that name no location that of the same failure in an explored cell."""
    explored = [each for each in results if each.cell.is_explored]
    return [each if each.cell.is_explored else _with_places(each, explored) for each in results]


def _with_places(result: CellResult, explored: Iterable[CellResult]) -> CellResult:
    cell = result.cell
    nearest = sorted(
        explored,
        key=lambda each: (
            each.cell.in_processes != cell.in_processes,
            each.cell.threads != cell.threads,
        ),
    )
    hazards = tuple(_with_place(each, result, nearest) for each in result.hazards)
    return replace(result, hazards=hazards)


def _with_place(hazard: Hazard, result: CellResult, explored: Iterable[CellResult]) -> Hazard:
    if hazard.kind == TIMEOUT and result.cell.kind == "free-running":
        return _as_deadlock(hazard, explored)
    if hazard.location or hazard.symptom is None:
        return hazard
    for other in explored:
        same = [
            each
            for each in other.hazards
            if each.symptom == hazard.symptom and _may_meet_on(each.location, result)
        ]
        if same:
            note = f"where it comes from is known from the same failure in {other.cell.label}"
            # It may come from each of them: only if all of them may stay, so may it.
            same = [each for each in same if each.accepted is None] or same
            kinds = {each.kind for each in same}
            is_same = len(kinds) == 1 and result.cell.kind == "free-running"
            return replace(
                hazard,
                # Threads at full speed fail as they did when that was found: it is no other hazard.
                kind=kinds.pop() if is_same else hazard.kind,
                accepted=same[0].accepted,
                location=" and ".join(dict.fromkeys(each.location for each in same)),
                sites=tuple(dict.fromkeys(use for each in same for use in each.sites)),
                note="; ".join(filter(None, (hazard.note, note))),
            )
    return hazard


def _as_deadlock(hazard: Hazard, explored: Iterable[CellResult]) -> Hazard:
    """Name the deadlock that a hang of threads is."""
    standing = {*frames_in(hazard.detail)}
    for other in explored:
        for each in other.hazards:
            waiting = {(use.site.path, use.site.line) for use in each.sites}
            if each.kind == DEADLOCK and waiting and waiting <= standing:
                note = f"its threads stand where those of the deadlock in {other.cell.label} wait"
                return replace(
                    hazard,
                    kind=DEADLOCK,
                    accepted=each.accepted,
                    location=each.location,
                    sites=each.sites,
                    note="; ".join(filter(None, (hazard.note, note))),
                )
    return hazard


def _may_meet_on(location: str, result: CellResult) -> bool:
    if result.cell.kind == "processes":
        return is_outside(location)
    return bool(location)
