"""Marks of where functions have been: which definition of a name was the last, which activation
goes on.

They are no scheduling points and no events: nothing depends on them but what is said of an
execution. A mark is ``(length of the log, task index, frame, number)``; the frame is known by its
address, which is its own as long as it lives, and each begins with a mark.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pytest_concurrency._compat import get_ident, getframe
from pytest_concurrency.runtime.scheduler.baton import baton as _b

Mark = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Origin:
    """What a value is made of: what has been read at these sites, what these names hold."""

    sites: frozenset[int]
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a mark stands for."""

    begins: bool = False
    """An activation of the function begins here."""
    bound: tuple[tuple[str, Origin], ...] = ()
    """Names that have been bound right before it."""
    repeats: bool = False
    """They are bound once more in each round of a loop, to parts of what was read before it."""
    stored: tuple[tuple[int, Origin], ...] = ()
    """What is stored at these sites right after it."""


MEANINGS: list[Meaning] = []
"""By number."""


def mark(number: int) -> None:
    """Note that the calling function has come to a place."""
    current = _b.current
    if current is None or (current.ident != get_ident() and _b.holder() is None):
        return
    _b.record.marks.append((len(_b.record.log), current.index, id(getframe(1)), number))


def marked(value: Any, number: int) -> Any:
    """Like ``mark``, for a value that is about to be bound by a walrus."""
    current = _b.current
    if current is not None and (current.ident == get_ident() or _b.holder() is not None):
        _b.record.marks.append((len(_b.record.log), current.index, id(getframe(1)), number))
    return value


def note_written_back(site: int) -> None:
    """Note that what the calling thread will store at ``site`` next is the very object that it has
    loaded, changed in place."""
    assert _b.current is not None
    _b.record.marks.append((len(_b.record.log), _b.current.index, 0, -1 - site))
