"""Lost updates between processes, by the detector that looks for them between threads."""

from __future__ import annotations

import linecache
import os
from collections.abc import Sequence

from pytest_concurrency.detect.lost_update import find_lost_update
from pytest_concurrency.kinds import LOST_UPDATE
from pytest_concurrency.model import Hazard, Operation, SiteUse
from pytest_concurrency.model import Site as ModelSite
from pytest_concurrency.runtime.trace.event import Event, access, site_number, thread_of
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
    read, write = log[found.read], log[found.write]
    other = log[found.foreign_write]
    label = _label(merged[found.write][2])
    return Hazard(
        LOST_UPDATE,
        f"a process writes to {label} what follows from the value that it read before another one "
        f"wrote there: that one's update is lost",
        label,
        (_use(read, "read"), _use(other, "write"), _use(write, "write")),
    )


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


def _use(event: Event, op: Operation) -> SiteUse:
    site = SITES[site_number(event)]
    source = linecache.getline(site.path, site.line).strip()
    place = ModelSite(site.path, site.line, site.column, site.function, source)
    return SiteUse(place, thread_of(event), op)
