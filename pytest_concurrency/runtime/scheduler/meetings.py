"""Notes down how threads meet: what has taken place, other than what comes after a point."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_concurrency.runtime.scheduler.task import Task, Waiting
from pytest_concurrency.runtime.trace.operations import WAIT
from pytest_concurrency.runtime.trace.resource import THREAD
from pytest_concurrency.runtime.trace.sites import INTERNAL

if TYPE_CHECKING:
    from pytest_concurrency.runtime.scheduler.state import State
    from pytest_concurrency.runtime.trace.resource import Resource


def note(
    baton: State, thread: int, resource: Resource, part: Any, op: str, site: int = INTERNAL
) -> None:
    """Note what ``thread`` has just done."""
    baton.noted.append((len(baton.log), thread, site, resource, part, op))


def note_of_thread(baton: State, thread: int, op: str) -> None:
    """Note what the holder, if anybody of ours, has done to a thread."""
    holder = baton.current
    by = -1 if holder is None else holder.index
    baton.noted.append((len(baton.log), by, INTERNAL, THREAD, thread, op))


def note_wait(baton: State, task: Task, reason: Waiting, key: int) -> None:
    """Note that ``task`` waits: for a lock or queue, a thread, or something else of some kind."""
    resource: Resource = reason.kind
    part: Any = ""
    entry = baton.seen.get(key)
    if entry is not None and entry[0]() is reason.target:
        resource = entry[1]
    elif resource == THREAD:
        part = next((each.index for each in baton.tasks if id(each) == key), part)
    baton.noted.append((len(baton.log), task.index, INTERNAL, resource, part, WAIT))
