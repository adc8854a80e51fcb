"""Lost updates between processes, by the detector that looks for them between threads."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence, Set

from pytest_concurrency.detect.hazards.lost_update import Lines, lines_of, told_between_processes
from pytest_concurrency.detect.lost_update import lost_updates
from pytest_concurrency.detect.values import contents
from pytest_concurrency.kinds import LOST_UPDATE
from pytest_concurrency.model import CellResult, Hazard
from pytest_concurrency.runtime.trace.event import Event, access
from pytest_concurrency.runtime.trace.operations import READ, WRITE
from pytest_concurrency.runtime.trace.resource import is_outside
from pytest_concurrency.runtime.trace.sites import SITES
from pytest_concurrency.stress.outside.touch import Touch, meeting_places


def flowing_lines(results: Iterable[CellResult]) -> frozenset[Lines]:
    """Return between which lines a value flows for certain: threads have lost updates there."""
    sites = (
        [use.site for use in hazard.sites]
        for result in results
        for hazard in result.hazards
        if hazard.kind == LOST_UPDATE and hazard.sites
    )
    return frozenset(
        ((each[0].path, each[0].line), (each[-1].path, each[-1].line)) for each in sites
    )


def ends_of(traces: Sequence[Sequence[Touch]]) -> dict[str, str]:
    """Return what is in the files now on which processes have met, by their names: their folders
    are others in each run."""
    files = {place: contents(place) for place in meeting_places(traces) if place.startswith("/")}
    return {_file_name(place): text for place, text in files.items() if isinstance(text, str)}


def lost_update_between(
    traces: Sequence[Sequence[Touch]],
    flowing: Set[Lines] = frozenset(),
    unharmed: Set[str] = frozenset(),
) -> Hazard | None:
    """Return the first lost update of a run in which one process ran at a time.

    As between threads: what a process writes follows from what it read before another one wrote.
    Calls are not followed here; ``flowing`` are the lines between which others have followed them.
    ``unharmed`` are names of files that end as after one process after another: what was written
    there may be written twice.
    """
    merged = sorted(
        (touch.when, process, touch)
        for process, trace in enumerate(traces)
        for touch in trace
        if touch.site >= 0
        and touch.deed in ("read", "write")
        and _file_name(touch.location) not in unharmed
    )
    numbers: dict[str, int] = {}
    log = [
        _event(process + 1, touch, numbers.setdefault(touch.location, len(numbers)))
        for _, process, touch in merged
    ]
    certain = (u for u in lost_updates(log) if u.flows or lines_of(log, u) in flowing)
    found = next(certain, None)
    if found is None:
        return None
    return told_between_processes(log, found, _label(merged[found.write][2]))


def _label(touch: Touch) -> str:
    """Name what was touched as it is named between threads."""
    site = SITES[touch.site]
    if touch.location.startswith("/"):
        return f"file {_file_name(touch.location)}"
    if is_outside(touch.location):
        return touch.location
    is_attribute = touch.part is None and site.name
    return site.label or (f"{touch.owner}.{site.name}" if is_attribute else touch.owner)


def _file_name(place: str) -> str:
    return os.path.basename(place)  # noqa: PTH119 - of a text


def _event(process: int, touch: Touch, number: int) -> Event:
    site = SITES[touch.site]
    if touch.part is None and site.name and site.op in (READ, WRITE):
        return access(process, touch.site, number, site.name, site.op)
    return access(process, touch.site, number, touch.part or "", touch.deed)
