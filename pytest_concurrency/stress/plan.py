"""The plan of a test: which cells it runs through, in which order."""

from __future__ import annotations

from pytest_concurrency.model import Cell, Settings


def plan(settings: Settings) -> tuple[Cell, ...]:
    """Return the cells after the serial one: explored, then free-running, then processes."""
    cells: list[Cell] = []
    if settings.schedules:
        cells += [Cell("explored", threads=count) for count in settings.threads]
    if settings.runs:
        cells += [Cell("free-running", threads=count) for count in settings.threads]
        cells += [Cell("processes", processes=count) for count in settings.processes]
    return tuple(cells)
