"""What a run shows of inherited things: plain data, sent by workers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from pytest_concurrency.model import Site
from pytest_concurrency.stress.processes.inherited.things import Thing


class Use(NamedTuple):
    """The first time that a worker does something with an inherited thing at a line."""

    thing: Thing
    key: int
    """Its address, the same in all processes that have inherited it."""
    name: str
    """As the source names it: ``Store.connection``."""
    site: Site


class Taking(NamedTuple):
    """A thread of the parent was about to take a lock."""

    thread: str
    site: Site


@dataclass(frozen=True, slots=True)
class Stuck:
    """Why a worker never goes on: all of its only thread waits for a lock that is taken."""

    why: Literal["held", "missing", ""]
    """``held``: a thread of the parent had it at the fork; ``missing``: who would let it go on is a
    thread of the parent; "": not known."""
    name: str
    """What is waited for, or, if a thread is missing, by what it would have been told."""
    site: Site | None
    """Where it waits."""
    thread: str = ""
    """The name of the thread that does not exist here."""
    taken: Site | None = None
    """Where that one took the lock, or met what it is told by."""


@dataclass(frozen=True, slots=True)
class Inherited:
    """What one worker has done with what it inherited."""

    uses: tuple[Use, ...] = ()
    stuck: Stuck | None = None
    locks: tuple[tuple[int, Site], ...] = ()
    """Addresses of the locks that it took for the first time, and where."""


NOTHING: Final = Inherited()
