"""What hazards are told with: sites, places, a timeline, and what all of them have in common."""

from __future__ import annotations

import linecache
from collections.abc import Iterable, Sequence, Set
from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_concurrency._origins import is_programs
from pytest_concurrency.detect.observation import Execution, Observation
from pytest_concurrency.detect.values import show
from pytest_concurrency.kinds import HazardKind
from pytest_concurrency.model import Access, Hazard, Site, SiteUse, ThreadState
from pytest_concurrency.runtime.diagnosis.lock_names import thread_name
from pytest_concurrency.runtime.patches.threads import THREAD_END
from pytest_concurrency.runtime.system.frames import Line
from pytest_concurrency.runtime.trace.event import (
    Event,
    location,
    names_attribute,
    operation,
    part_of,
    resource_of,
    site_number,
    thread_of,
)
from pytest_concurrency.runtime.trace.operations import MAY_WRITE, SYNCHRONISE
from pytest_concurrency.runtime.trace.resource import WHOLE, Outside
from pytest_concurrency.runtime.trace.sites import SITES

AND = " and "
"""Between the names of several locations."""
_MOST_WAITS = 2


def told(
    observation: Observation,
    kind: HazardKind,
    message: str,
    *,
    location: str = "",
    sites: Sequence[SiteUse] = (),
    highlighted: Set[int] = frozenset(),
    silent: Set[Any] = frozenset(),
    states: tuple[ThreadState, ...] = (),
    detail: str = "",
) -> Hazard:
    """Return a hazard that was seen in an execution, with its timeline.

    ``highlighted`` are the events that make it up, as indices into the log, ``silent`` locations
    that have no part in it.
    """
    execution, failure = observation.execution, observation.failure
    threads = max(len({*map(thread_of, execution.log)} - {0}), execution.threads - 1)
    return Hazard(
        kind,
        message,
        location,
        tuple(sites),
        preemptions=execution.preemptions,
        threads=threads,
        timeline=_timeline(observation, highlighted, silent),
        states=states,
        detail=detail,
        note=_early(execution),
        symptom=None if failure is None or failure.site is None else failure.symptom,
    )


def site_of(number: int) -> Site:
    """Return the site with this number as it is shown."""
    site = SITES[number]
    source = linecache.getline(site.path, site.line).strip()
    return Site(site.path, site.line, site.column, site.function, source)


def where(use: SiteUse | Access) -> str:
    """Name the place of something that was done, in short."""
    return line_of(use.site)


def line_of(site: Site) -> str:
    """Name a site in short: its file and line."""
    path = Path(site.path)
    file = f"{path.parent.name}/{path.name}" if path.name == "__init__.py" else path.name
    return f"{file}:{site.line}"


def innermost(lines: Sequence[Line]) -> Site | None:
    """Return the innermost line of the user's own code; of any code, if there is none of theirs."""
    theirs = [line for line in lines if is_programs(line[0])]
    if not lines:
        return None
    path, number, function = (theirs or lines)[-1]
    return Site(path, number, 0, function, linecache.getline(path, number).strip())


def programs_lines(lines: Sequence[Line]) -> tuple[tuple[str, int], ...]:
    """Return which of these lines are the user's own code, in their order."""
    return tuple((path, number) for path, number, _ in lines if is_programs(path))


def named_in_source(event: Event) -> str:
    """Name a location where its object is not there to tell, since no execution was like it."""
    label, part = SITES[site_number(event)].label, part_of(event)
    if isinstance(resource_of(event), Outside) or "?" in label:
        return ""
    is_item = not names_attribute(event) and part != "" and type(part) in (int, str)
    return f"{label}[{show(part)}]" if is_item else label


def with_containers(names: Iterable[str]) -> set[str]:
    """Return the names of locations, and of the containers whose items some of them are."""
    return {each for name in names for each in (name, name.partition("[")[0])}


def _early(execution: Execution) -> str:
    """Say that waits ran out although others could have gone on: that takes bad luck."""
    waits = [
        f"{thread_name(task, '')}'s wait of {seconds:g} s" for task, seconds in execution.hurried
    ]
    if not waits:
        return ""
    told = list(dict.fromkeys(waits))[:_MOST_WAITS]
    return f"{' and '.join(told)} ran out while other threads could go on"


def _timeline(
    observation: Observation, highlighted: Set[int], silent: Set[Any]
) -> tuple[Access, ...]:
    """Keep what threads contend for, and every synchronisation: the rest is nobody else's
    business. Locations in ``silent`` have no part in it, either.
    """
    log, accesses = observation.execution.log, observation.accesses
    wholes = {resource_of(event) for event in log if part_of(event) is WHOLE}
    # Who looks at a container as a whole contends for each of its items.
    places = [
        resource_of(event)
        if not names_attribute(event) and resource_of(event) in wholes
        else location(event)
        for event in log
    ]
    threads: dict[Any, set[int]] = {}
    written: set[Any] = set()
    shown = list(zip(map(operation, log), places, accesses, strict=False))
    for op, place, access in shown:
        threads.setdefault(place, set()).add(access.thread)
        # What the main thread writes before others see it is set-up.
        if op in MAY_WRITE and op not in SYNCHRONISE and threads[place] != {0}:
            written.add(place)
    kept = [
        (index, True, replace(access, highlighted=True) if index in highlighted else access)
        for index, (op, place, access) in enumerate(shown)
        if index in highlighted
        or (op in SYNCHRONISE and site_number(log[index]) != THREAD_END)
        or (len(threads[place]) > 1 and place in written and place not in silent)
    ]
    kept += [(index, False, access) for index, access in observation.waits]
    return tuple(access for *_, access in sorted(kept, key=lambda each: each[:2]))
