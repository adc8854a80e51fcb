"""Who holds which lock, as far as the touches of workers have shown."""

from __future__ import annotations

from pytest_concurrency.detect.telling import site_of
from pytest_concurrency.model import ThreadState
from pytest_concurrency.runtime.tasks.task import Task
from pytest_concurrency.runtime.trace.event import Event, location, site_number
from pytest_concurrency.runtime.trace.operations import ACQUIRED, RELEASED
from pytest_concurrency.runtime.trace.resource import Resource
from pytest_concurrency.stress.conducted.party import Party
from pytest_concurrency.stress.conducted.written_down import WrittenDown, name_of
from pytest_concurrency.stress.outside.asking import Question


class Owners:
    """The owners of locks in one execution; what they take and give is noted in its log."""

    def __init__(self, written: WrittenDown) -> None:
        self._written = written
        self._owners: dict[Resource, Task] = {}

    def are_about_to_change(self, party: Party, event: Event, question: Question) -> None:
        """A worker has leave for what may be to take a lock, or to give one back."""
        lock = (location(event)[0], site_number(event))
        assert question.touch is not None
        party.taking = lock if question.is_free is not None else None
        party.giving = lock if question.touch.deed == "unlock" else None

    def have_changed(self, party: Party) -> None:
        """What the worker had leave for is done."""
        index = party.task.index
        if party.taking is not None:
            resource, site = party.taking
            self._owners[resource] = party.task
            self._written.note(index, site, resource, "", ACQUIRED)
        if party.giving is not None:
            resource, site = party.giving
            self._owners.pop(resource, None)
            self._written.note(index, site, resource, "", RELEASED)
        party.taking = party.giving = None

    def forget(self, task: Task) -> None:
        """A worker has ended: it holds nothing any more."""
        self._owners = {lock: owner for lock, owner in self._owners.items() if owner is not task}

    def state_of(self, party: Party) -> ThreadState:
        """Say where a worker stands: what it holds, what it waits for, and who has that."""
        index, touch = party.task.index, party.latest
        if touch is None:
            return ThreadState(index, "")
        event = self._written.event_of(index, touch, waits=party.taking is not None)
        name = name_of(touch)
        owner = self._owners.get(location(event)[0])
        held = f" held by thread {owner.index}" if owner is not None else ""
        site = site_of(site_number(event))
        return ThreadState(
            index,
            "",
            f"{name}{held}" if party.waits else "",
            self._written.names_of(lock for lock, by in self._owners.items() if by is party.task),
            site,
            (site,),
            name if party.waits else "",
        )
