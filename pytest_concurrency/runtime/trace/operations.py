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
    sends: bool = False
    receives: bool = False
    """What comes before a sending event happens before what comes after each receiving one that
    follows at the same location."""


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

# What has taken place, other than what a thread is about to do. These are no scheduling points.

ACQUIRED: Final = "acquired"
REFUSED: Final = "refused"
"""A lock was held by somebody else, or a queue was empty, and not waited for any longer."""
RELEASED: Final = "released"
PUT: Final = "put"
GOT: Final = "got"
COUNTED: Final = "counted"
"""A semaphore has so many permits, the part of the location, before what is done to it."""
START: Final = "start"
BEGIN: Final = "begin"
END: Final = "end"
JOINED: Final = "joined"
"""The end of a thread has been seen, by ``join()`` or ``is_alive()``."""
LOOK: Final = "look"
"""A loop looks at the container that it goes through, some time after the point of its step."""
ASK: Final = "ask"
"""Whether a thread has ended is asked by ``join()`` with a limit."""
WAIT: Final = "wait"
WAKE: Final = "wake"
"""Another thread, the part of the location, can go on."""
EXPIRE: Final = "expire"
"""A wait runs out."""
LEAVE: Final = "leave"
"""A thread is blocked where the scheduler cannot see it."""
RETURN: Final = "return"

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
        Effect(ACQUIRED, "acquire", synchronises=True, acquires=True, receives=True),
        Effect(REFUSED, "call", synchronises=True),
        Effect(RELEASED, "release", synchronises=True, releases=True, sends=True),
        Effect(PUT, "call", synchronises=True, sends=True),
        Effect(GOT, "call", synchronises=True, receives=True),
        Effect(COUNTED, "call", synchronises=True),
        Effect(START, "start", synchronises=True, sends=True),
        Effect(BEGIN, "start", synchronises=True, receives=True),
        Effect(END, "join", synchronises=True, sends=True),
        Effect(JOINED, "join", synchronises=True, receives=True),
        Effect(ASK, "join", synchronises=True),
        Effect(LOOK, "read", reads=True),
        Effect(WAIT, "wait", synchronises=True, blocks=True),
        Effect(WAKE, "wake", synchronises=True),
        Effect(EXPIRE, "wake", synchronises=True),
        Effect(LEAVE, "wait", synchronises=True, blocks=True),
        Effect(RETURN, "wake", synchronises=True),
    )
}
"""The table, by name."""

ONLY_READ: Final = frozenset(o.name for o in OPERATIONS.values() if o.reads and not o.writes)
MAY_WRITE: Final = frozenset(o.name for o in OPERATIONS.values() if o.writes)
SYNCHRONISE: Final = frozenset(o.name for o in OPERATIONS.values() if o.synchronises)
"""Columns of the table, for loops that are run over every event."""
