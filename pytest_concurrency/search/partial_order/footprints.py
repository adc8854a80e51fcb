"""What a piece of an execution touches, and whether the order of two such pieces matters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from pytest_concurrency.runtime.patches.threads import THREAD_END
from pytest_concurrency.runtime.trace.operations import (
    ACQUIRED,
    ASK,
    CALL,
    END,
    GOT,
    JOINED,
    OPERATIONS,
    PUT,
    REFUSED,
    RELEASE,
    RELEASED,
    STEP,
)
from pytest_concurrency.runtime.trace.resource import WHOLE, Location, Resource
from pytest_concurrency.runtime.trace.sites import SITES

END_OF: Final = "the end of"
"""The resource of what those meet who ask whether a thread has ended, which is the part."""
READS: Final = 1
"""Does not change the location: tries a lock in vain, looks whether a thread has ended."""
CHANGES: Final = 2
TAKES: Final = 4
GIVES: Final = 8
"""Takes a lock, lets go of it."""
WAITS: Final = 16
"""Has waited for the lock that it takes, or would have: it can take it only while it is free."""
SEES_END: Final = 32
"""Has waited until a thread has ended: it cannot do so before."""

_EFFECTS: Final = {
    **{e.name: CHANGES if e.writes else READS for e in OPERATIONS.values() if e.reads or e.writes},
    STEP: 0,
    ACQUIRED: CHANGES | TAKES,
    RELEASED: CHANGES | GIVES,
    REFUSED: READS,
    ASK: READS,
    PUT: CHANGES,
    GOT: CHANGES,
    END: CHANGES,
    JOINED: SEES_END,
}
"""What operations do, by their names; those that are missing have no effect of their own. A step of
a loop looks at its container some time later.
"""
_ASKING: Final = {"", "is_alive"}
"""Methods by which one can tell whether a thread has ended; what variables hold has no name."""
Effects = list[tuple[Location, int]]


def effects(site: int, resource: Resource, part: Any, op: str) -> Effects:
    """Return what an event does, and where."""
    if op == RELEASE:  # of a lock it is noted when it is done
        return [((END_OF, resource), CHANGES)] if site == THREAD_END else []
    effect = _EFFECTS.get(op, 0)
    found: Effects = [((resource, part), effect)] if effect else []
    if op == CALL and SITES[site].name in _ASKING:
        found.append(((END_OF, resource), READS))
    return found


Footprint = dict[Resource, dict[Any, int]]
"""By resource and part, what is done there."""


def add(footprint: Footprint, where: Location, effect: int) -> None:
    """Let ``footprint`` have one more effect.

    Keys that are no plain values may have numbers in them, which depend on the schedule.
    """
    resource, part = where
    if type(part) is tuple:
        part = WHOLE
    parts = footprint.setdefault(resource, {})
    parts[part] = parts.get(part, 0) | effect


def overlapping(parts: dict[Any, Any], part: Any) -> Iterator[Any]:
    """Yield those of the parts of a resource of which something may be seen at ``part``."""
    if part is WHOLE:
        yield from parts
        return
    if part in parts:
        yield part
    if WHOLE in parts:
        yield WHOLE


def conflict(one: Footprint, other: Footprint) -> bool:
    """Whether what comes of the two may depend on which is first."""
    return any(
        (effect | parts[each]) & CHANGES
        for resource in one.keys() & other.keys()
        for parts in [other[resource]]
        for part, effect in one[resource].items()
        for each in overlapping(parts, part)
    )
