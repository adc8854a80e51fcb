"""What is done in an event: one table of all operations, which says what each of them may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pytest_concurrency.model import Operation as Shown


@dataclass(frozen=True, slots=True)
class Effect:
    """A row of the table."""

    name: str
    """As in events, and as instrumented sites have it."""
    shown: Shown
    """How it is spoken of, as long as no more is known, such as which method was called."""
    reads: bool = False
    writes: bool = False
    """Whether it changes its location, or may."""
    is_sure: bool = True
    """Whether it does exactly this: of a call of what is not instrumented nobody knows."""
    synchronises: bool = False
    """Whether threads meet there by means that are made for it: no access to a location."""
    acquires: bool = False
    releases: bool = False
    blocks: bool = False
    """Whether it waits as long as it takes."""


READ: Final = "read"
WRITE: Final = "write"
STEP: Final = "step"
"""What a loop does that goes through a container: it reads there, and comes to an end."""
USE: Final = "use"
"""What a call does whose effect on its object is not known."""
CALL: Final = "call"
"""What is done to a queue, a condition, a semaphore: each may change it."""
ACQUIRE: Final = "acquire"
TRY: Final = "try"
"""What takes a lock if it is free, or becomes free in time: it tells whether somebody holds it."""
RELEASE: Final = "release"
"""What ends the time for which a lock is held: others can tell if they try it or ask."""

OPERATIONS: Final = {
    each.name: each
    for each in (
        Effect(READ, "read", reads=True),
        Effect(STEP, "read", reads=True),
        Effect(WRITE, "write", writes=True),
        Effect(USE, "use", reads=True, writes=True, is_sure=False),
        Effect(CALL, "call", reads=True, writes=True, is_sure=False, synchronises=True),
        Effect(ACQUIRE, "acquire", synchronises=True, acquires=True, blocks=True),
        Effect(TRY, "call", synchronises=True, acquires=True),
        Effect(RELEASE, "release", synchronises=True, releases=True),
    )
}
"""The table, by name."""

ONLY_READ: Final = frozenset(o.name for o in OPERATIONS.values() if o.reads and not o.writes)
MAY_WRITE: Final = frozenset(o.name for o in OPERATIONS.values() if o.writes)
SYNCHRONISE: Final = frozenset(o.name for o in OPERATIONS.values() if o.synchronises)
"""Columns of the table, for loops that are run over every event."""
