"""The plan of a test: which cells it runs through, in which order."""

from __future__ import annotations

from dataclasses import replace

from pytest_concurrency.model import Cell, Settings


def plan(settings: Settings, *, is_fixed: bool = False) -> tuple[Cell, ...]:
    """Return the cells after the serial one: explored, then free-running, then processes.

    ``is_fixed``: how much runs at once does not depend on the cell, so one of each kind is enough.
    """
    cells: list[Cell] = []
    if is_fixed:
        settings = replace(settings, threads=settings.threads[:1], processes=settings.processes[:1])
    if settings.schedules:
        cells += [Cell("explored", threads=count) for count in settings.threads]
    if settings.runs:
        cells += [Cell("free-running", threads=count) for count in settings.threads]
        cells += [Cell("processes", processes=count) for count in settings.processes]
    return tuple(cells)
