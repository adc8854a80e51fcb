"""One name for each lock, event, queue ... of the execution that is shown, the program's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from threading import Condition
from types import FrameType
from typing import Final
from weakref import ref

from pytest_concurrency._compat import CONDITION_LOCK, LOCK, RLOCK
from pytest_concurrency.runtime.diagnosis.lock_names import AROUND, names_of
from pytest_concurrency.runtime.effects import shapes
from pytest_concurrency.runtime.effects.foreign import is_derived
from pytest_concurrency.runtime.helpers.blocking.simple_queues import SIMPLE_QUEUE

_NAMED: Final = (LOCK, RLOCK, SIMPLE_QUEUE, *AROUND)
"""What is known by the attribute that keeps it, rather than by the variable that it is in."""


@dataclass(slots=True)
class Named:
    """An object that threads meet on; it is not kept alive."""

    alive: Callable[[], object]
    name: str


class SyncNames:
    """Remembers what the program calls the things by which its threads wait for each other.

    The first name counts, and that of an attribute before that of a variable, which is another one
    in each function that it is passed to. Where the execution ends in a deadlock, all that threads
    hold and wait for is looked for, too: then those names count.
    """

    def __init__(self) -> None:
        self._kept: dict[int, Named] = {}
        """By ``id``: what has been read from an attribute, or written to one."""
        self._met: dict[int, Named] = {}

    def keep(self, value: object, location: str) -> None:
        """Take note that an attribute or global, ``location``, has this value."""
        if id(type(value)) in shapes.PLAIN_KEYS or not is_derived(type(value), _NAMED):
            return
        self._kept[id(value)] = Named(ref(value), location)
        if is_derived(type(value), (Condition,)):
            lock = shapes.held(value, CONDITION_LOCK)
            if is_derived(type(lock), (LOCK, RLOCK)) and _entry(self._kept, lock) is None:
                self._kept[id(lock)] = Named(ref(lock), location)

    def met(self, obj: object, label: str) -> Named:
        """Return the entry of an object, which the source calls ``label`` where it is used."""
        entry = _entry(self._met, obj)
        if entry is None:
            kept = _entry(self._kept, obj)
            try:
                alive: Callable[[], object] = ref(obj)
            except TypeError:
                return Named(lambda: None, label)
            entry = self._met[id(obj)] = Named(alive, kept.name if kept is not None else label)
        return entry

    def names(self, objects: Sequence[object], frames: Iterable[FrameType]) -> dict[int, str]:
        """Name what an execution ends with, and with it whatever else there is still."""
        alive = [entry.alive() for entry in self._met.values()]
        met = {id(obj): obj for obj in alive if obj is not None}
        labels = {key: self._met[key].name for key in met}
        found = names_of([*met.values(), *objects], frames, labels)
        for key in met:
            self._met[key].name = found[key].partition(" ")[2]
        return found


def _entry(entries: dict[int, Named], obj: object) -> Named | None:
    entry = entries.get(id(obj))
    return entry if entry is not None and entry.alive() is obj else None
