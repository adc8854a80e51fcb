"""Which writes of an execution change what is there: asked where one is executed twice.

Some state outlives a round and yet lets the next one run as the first: a global is set to what it
is by now. Whoever reads it meanwhile finds nothing new there, so that no schedule could show what
the first round might have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from types import FrameType

from pytest_concurrency.detect.effects import NOT_KNOWN, Content, content_of
from pytest_concurrency.detect.values import MISSING, peek
from pytest_concurrency.runtime.diagnosis.lock_names import names_of
from pytest_concurrency.runtime.scheduler.identity import alive
from pytest_concurrency.runtime.tasks.protocols import Observer
from pytest_concurrency.runtime.tasks.task import Task
from pytest_concurrency.runtime.trace.event import Event, operation, resource_of
from pytest_concurrency.runtime.trace.operations import WRITE
from pytest_concurrency.runtime.trace.resource import Outside

_MOST_WRITES = 2000
"""A long execution takes no longer for it."""


class Changes(Observer):
    """Looks at what is in memory before and after each of the first writes."""

    def __init__(self) -> None:
        self._made: list[tuple[Content, Content]] = []
        self._write: tuple[Event, Callable[[], object], object] | None = None
        """The last one, what gives its object if that is still there, and the name."""

    def observe(self, event: Event, obj: object, name: object) -> None:
        """Look at what is about to be overwritten."""
        self._settle()
        if operation(event) != WRITE or len(self._made) >= _MOST_WRITES:
            return
        if type(resource_of(event)) is not Outside:
            self._made.append((_content(event, obj, name), NOT_KNOWN))
            self._write = (event, alive(obj), name)

    def blocked(self, task: Task) -> None:
        """Nothing is written by that."""

    def resumed(self, task: Task) -> None:
        """Nothing is written by that."""

    def ended(self, task: Task) -> None:
        """Look at what the last write of a thread has come to."""
        self._settle()

    def names(self, objects: Sequence[object], frames: Iterable[FrameType]) -> dict[int, str]:
        """Name what threads wait for, as where nobody watches."""
        return names_of(objects, frames)

    def _settle(self) -> None:
        if self._write is not None:
            event, owner, name = self._write
            self._write = None
            obj = owner()
            if obj is not None:
                self._made[-1] = (self._made[-1][0], _content(event, obj, name))

    def are_there_already(self, again: Changes) -> bool:
        """Whether a write that has changed something leaves it as it is in the next round."""
        return any(
            before[1] != NOT_KNOWN and not before[0].is_same(before[1]) and then[0].is_same(then[1])
            for before, then in zip(self._made, again._made, strict=False)
        )


def _content(event: Event, obj: object, name: object) -> Content:
    found = peek(event, obj, name)
    return NOT_KNOWN if found is MISSING else content_of(found, state=False)
