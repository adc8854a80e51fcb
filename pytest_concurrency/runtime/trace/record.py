"""What is written down of one execution while it goes on: the log, how threads met, and which
objects the numbers in both stand for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from pytest_concurrency.runtime.trace.event import Event
from pytest_concurrency.runtime.trace.resource import Resource
from pytest_concurrency.runtime.trace.sites import INTERNAL
from pytest_concurrency.runtime.trace.synchronisation import Noted


class Record:
    """One execution's; the scheduler, the helpers and ``identity`` write into it."""

    __slots__ = (
        "_end",
        "files",
        "generators",
        "held",
        "inner_serials",
        "log",
        "marks",
        "noted",
        "patience",
        "seen",
        "serials",
    )

    def __init__(self) -> None:
        self.log: list[Event] = []
        self.noted: list[Noted] = []
        """How threads have met (``note``)."""
        self.marks: list[tuple[int, int, int, int]] = []
        """Where functions have been that need marks (``marks.py``)."""
        self.seen: dict[int, tuple[Callable[[], object], int]] = {}
        """By address: what gives the object as long as it lives, and its number."""
        self.serials = self.inner_serials = 0
        self.held: list[object] = []
        """The objects in ``seen`` that only a strong reference keeps apart."""
        self.patience = 0
        """Points to pass before it is asked again which of them nobody else holds."""
        self.files: dict[str, int] = {}
        """By name: their numbers."""
        self.generators: dict[int, object] = {}
        """By the address of the frame: what stands for a generator that the program has started."""
        self._end: tuple[int, int] | None = None
        """How long log and notes were when the execution was over."""

    def note(
        self, thread: int, resource: Resource, part: Any, op: str, site: int = INTERNAL
    ) -> None:
        """Note what ``thread`` has just done: what has taken place, other than what comes after a
        scheduling point.
        """
        self.noted.append((len(self.log), thread, site, resource, part, op))

    def note_each(self, thread: int, resource: Resource, parts: Iterable[Any], op: str) -> None:
        """Note what it has just done to each part of one thing."""
        here, add = len(self.log), self.noted.append
        for part in parts:
            add((here, thread, INTERNAL, resource, part, op))

    def number_at(self, target: int) -> int | None:
        """Return the number of the object with this ``id``, which is alive; None if it has none."""
        entry = self.seen.get(target)
        return None if entry is None or entry[0]() is None else entry[1]

    def number_of_file(self, name: str) -> int:
        """Return the number of a file, or of something else that is known by a name."""
        return self.files.setdefault(name, len(self.files))

    @property
    def is_over(self) -> bool:
        """Whether the execution has ended: what is added from then on is no part of it."""
        return self._end is not None

    def end_here(self) -> None:
        """Say that the execution is over: its threads are only unwound from here on."""
        self._end = len(self.log), len(self.noted)

    def close(self) -> None:
        """Take out what was added since it was over, and let go of the program's objects."""
        if self._end is not None:
            del self.log[self._end[0] :], self.noted[self._end[1] :]
        self.seen.clear()
        self.held.clear()
