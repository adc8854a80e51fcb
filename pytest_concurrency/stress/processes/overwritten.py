"""Lost updates between processes, by the detector that looks for them between threads."""

from __future__ import annotations

import os
from collections.abc import Sequence

from pytest_concurrency.detect.hazards.lost_update import told_between_processes
from pytest_concurrency.detect.lost_update import find_lost_update
from pytest_concurrency.model import Hazard
from pytest_concurrency.runtime.trace.event import Event, access
from pytest_concurrency.runtime.trace.resource import is_outside
from pytest_concurrency.runtime.trace.sites import SITES
from pytest_concurrency.stress.processes.touch import Touch


def lost_update_between(traces: Sequence[Sequence[Touch]]) -> Hazard | None:
    """Return the first lost update of a run in which one process ran at a time.

    As between threads: what a process writes follows from what it read before another one wrote.
    """
    merged = sorted(
        (touch.when, process, touch)
        for process, trace in enumerate(traces)
        for touch in trace
        if touch.site >= 0 and touch.deed in ("read", "write")
    )
    numbers: dict[str, int] = {}
    log = [
        _event(process + 1, touch, numbers.setdefault(touch.location, len(numbers)))
        for _, process, touch in merged
    ]
    found = find_lost_update(log, failed=False)
    if found is None or not found.flows:
        return None
    return told_between_processes(log, found, _label(merged[found.write][2]))


def _label(touch: Touch) -> str:
    """Name what was touched as it is named between threads."""
    site = SITES[touch.site]
    if touch.location.startswith("/"):
        return f"file {os.path.basename(touch.location)}"  # noqa: PTH119 - of a text
    if is_outside(touch.location):
        return touch.location
    return f"{touch.owner}.{site.name}" if touch.part is None and site.name else site.label


def _event(process: int, touch: Touch, number: int) -> Event:
    site = SITES[touch.site]
    if touch.part is None and site.name:
        return access(process, touch.site, number, site.name, site.op)
    return access(process, touch.site, number, touch.part or "", touch.deed)
