"""Turns a suspect execution into a hazard: the message, the sites and the timeline that a person
sees.
"""

from __future__ import annotations

import linecache
from collections.abc import Sequence, Set
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_concurrency.kinds import DEADLOCK, LOST_UPDATE, THREAD_LEAK, TIMEOUT
from pytest_concurrency.model import Access, Hazard, Operation, Site, SiteUse, ThreadState
from pytest_concurrency.runtime.diagnosis.lock_names import thread_name
from pytest_concurrency.runtime.patches.threads import THREAD_END
from pytest_concurrency.runtime.scheduler.baton import LINGER
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
from pytest_concurrency.runtime.trace.resource import FILE, WHOLE
from pytest_concurrency.runtime.trace.sites import SITES
from pytest_concurrency.search.describe.blame import NOBODY, Blame, involved
from pytest_concurrency.search.describe.endless import what_keeps_running
from pytest_concurrency.search.describe.recorder import site_of
from pytest_concurrency.search.describe.values import show
from pytest_concurrency.search.execution.engine import Execution, Leak

if TYPE_CHECKING:
    from pytest_concurrency.search.execution.observation import Observation, Suspect


_MOST_WAITS = 2


def describe(suspect: Suspect, blame: Blame = NOBODY) -> Hazard:
    """Describe ``suspect``, with values and a timeline if its execution was recorded.

    ``blame`` says what a failure is due to.
    """
    if blame.observation is not None:
        suspect = replace(suspect, observation=blame.observation)
    accesses = suspect.observation.accesses
    if suspect.lost_update is not None:
        hazard = _lost_update(suspect, accesses)
    elif suspect.observation.execution.outcome:
        hazard = _given_up(suspect, accesses)
    else:
        hazard = _failure(suspect, accesses, blame)
    execution = suspect.observation.execution
    threads = max(len({*map(thread_of, execution.log)} - {0}), execution.threads - 1)
    failure = suspect.observation.failure
    return replace(
        hazard,
        preemptions=execution.preemptions,
        threads=threads,
        note=_early(execution),
        symptom=None if failure is None or failure.site is None else failure.symptom,
    )


def _early(execution: Execution) -> str:
    """Say that waits ran out although others could have gone on: that takes bad luck."""
    waits = [
        f"{thread_name(task, '')}'s wait of {seconds:g} s" for task, seconds in execution.hurried
    ]
    if not waits:
        return ""
    told = list(dict.fromkeys(waits))[:_MOST_WAITS]
    return f"{' and '.join(told)} ran out while other threads could go on"


def describe_leak(leak: Leak, threads: int) -> Hazard:
    """Describe a thread that has outlived the program under test."""
    place = ""
    uses: tuple[SiteUse, ...] = ()
    if leak.origin is not None:
        path, line, function = leak.origin
        source = linecache.getline(path, line).strip()
        uses = (SiteUse(Site(path, line, 0, function, source), leak.thread, "start"),)
        place = f", started at {_place(uses[0])},"
    message = (
        f"{thread_name(leak.thread, leak.name)}{place} is still there {LINGER:g} s of virtual "
        "time after the end: "
        "join it, make it stop, or make it a daemon"
    )
    return Hazard(THREAD_LEAK, message, sites=uses, severity="warning", threads=threads)


def _place(where: SiteUse | Access) -> str:
    return _line(where.site)


def _line(site: Site) -> str:
    path = Path(site.path)
    file = f"{path.parent.name}/{path.name}" if path.name == "__init__.py" else path.name
    return f"{file}:{site.line}"


def _named_in_source(event: Event) -> str:
    """Name a location where its object is not there to tell, since no execution was like it."""
    label, part = SITES[site_number(event)].label, part_of(event)
    if resource_of(event) == FILE or "?" in label:
        return ""
    is_item = not names_attribute(event) and part != "" and type(part) in (int, str)
    return f"{label}[{show(part)}]" if is_item else label


def _lost_update(suspect: Suspect, accesses: Sequence[Access]) -> Hazard:
    found = suspect.lost_update
    assert found is not None
    log = suspect.observation.execution.log
    indices = (found.read, found.foreign_write, found.write)
    ops: tuple[Operation, ...] = ("read", "write", "write")
    uses = tuple(
        SiteUse(site_of(site_number(log[index])), thread_of(log[index]), op)
        for index, op in zip(indices, ops, strict=True)
    )
    read, foreign, write = uses
    location = accesses[found.read].location if accesses else _named_in_source(log[found.read])
    values = [accesses[index].value for index in indices] if accesses else ["", "", ""]
    one, other = thread_name(foreign.thread, ""), thread_name(write.thread, "")
    place = location or "it"
    did = f"wrote {values[1]} to {place}" if values[1] else f"changed {place}"
    message = (
        f"{one} {did} at {_place(foreign)}; "
        f"{other} overwrote it at {_place(write)} with {values[2] or 'a value'}, made from the "
        f"{values[0] or 'value'} that it had read before at {_place(read)}"
    )
    failure = suspect.observation.failure
    return Hazard(
        LOST_UPDATE,
        message,
        location,
        uses,
        timeline=_timeline(suspect.observation, accesses, set(indices)),
        detail=failure.detail or failure.message if failure is not None else "",
    )


def _given_up(suspect: Suspect, accesses: Sequence[Access]) -> Hazard:
    states = suspect.observation.execution.states
    waiting = [state for state in states if state.waits_for and state.thread]
    # Threads that are nowhere in the program are idle: workers of a pool, say.
    waiting = [state for state in waiting if state.site is not None] or waiting
    if suspect.kind == DEADLOCK:
        told = "; ".join(
            f"{thread_name(s.thread, '')} waits for {s.waits_for}" for s in waiting or states
        )
        message = f"no thread can go on: {told}"
        involved = waiting or list(states)
    else:
        steps = suspect.observation.execution.steps
        reason = "time was up" if suspect.kind == TIMEOUT else "the threads keep running"
        message = f"the execution does not end: {reason} after {steps} scheduling points"
        doing = what_keeps_running(suspect.observation.execution.log, accesses)
        involved = [state for state in states if state.site is not None and state.thread]
        doing = doing or "; ".join(filter(None, map(_stands, involved)))
        message += f": {doing}" if doing else ""
    uses = tuple(
        SiteUse(state.site, state.thread, "wait" if state.waits_for else "call")
        for state in involved
        if state.site is not None
    )
    names = sorted({each.awaits or each.waits_for.partition(" held by")[0] for each in waiting})
    location = " and ".join(names) if suspect.kind == DEADLOCK else ""
    return Hazard(
        suspect.kind,
        message,
        location,
        uses,
        states=states,
        timeline=_timeline(suspect.observation, accesses, set()),
    )


def _stands(state: ThreadState) -> str:
    if state.site is None:
        return ""
    return f"{thread_name(state.thread, '')} is at {_line(state.site)}" + (
        f" and waits for {state.waits_for}" if state.waits_for else ""
    )


def _failure(suspect: Suspect, accesses: Sequence[Access], blame: Blame) -> Hazard:
    failure = suspect.observation.failure
    assert failure is not None
    log = suspect.observation.execution.log
    execution = suspect.observation.execution
    alone = not execution.preemptions and not execution.hurried
    when = "without any preemption" if alone else "in this interleaving"
    hazard = Hazard(suspect.kind, f"fails {when}: {failure.message}", detail=failure.detail)
    if not blame.conflicts or not accesses:
        uses = () if failure.site is None else (SiteUse(failure.site, 0, "call"),)
        return replace(hazard, sites=uses, timeline=_timeline(suspect.observation, accesses, set()))
    stories = [involved(log, conflict) for conflict in blame.conflicts]
    events = [*dict.fromkeys(index for story in stories for index in story)]
    met = [accesses[index] for index in events]
    locations = dict.fromkeys(accesses[story[0]].location for story in stories)
    cure = f"; it passes if {_flip(met)}, all else as it was" if blame.is_sure else ""
    return replace(
        hazard,
        message=hazard.message + cure,
        location=" and ".join(locations),
        sites=tuple(SiteUse(access.site, access.thread, access.op) for access in met),
        timeline=_timeline(suspect.observation, accesses, set(events), blame.silent),
    )


def _flip(met: Sequence[Access]) -> str:
    first, second = (
        f"{thread_name(access.thread, '')}'s {access.op} at {_place(access)}" for access in met[:2]
    )
    return f"{second} comes before {first}"


def _timeline(
    observation: Observation,
    accesses: Sequence[Access],
    highlighted: set[int],
    silent: Set[Any] = frozenset(),
) -> tuple[Access, ...]:
    """Keep what threads contend for, and every synchronisation: the rest is nobody else's
    business. Locations in ``silent`` have no part in it, either.
    """
    log = observation.execution.log
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
