"""What threads did in an execution, as it is shown, and who ran when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Operation = Literal[
    "read",
    "write",
    "remove",
    "acquire",
    "release",
    "wait",
    "wake",
    "set",
    "clear",
    "notify",
    "start",
    "join",
    "call",
    "use",
]
"""What is done. ``wait``: it cannot go on; ``wake``: it goes on; ``call``: a method of a queue,
semaphore, ...; ``use``: something whose effect on the object is not seen."""


@dataclass(frozen=True, slots=True)
class Site:
    """A source line and column (1-based line, 0-based column)."""

    path: str
    line: int
    column: int = 0
    function: str = ""
    source: str = ""
    """The line's text, stripped."""


@dataclass(frozen=True, slots=True)
class SiteUse:
    """A site, and who did what there."""

    site: Site
    thread: int
    op: Operation


@dataclass(frozen=True, slots=True)
class Access:
    """One step of an interleaving, as it is shown: a read or write of a location, or a
    synchronisation.

    ``thread`` is 0 for the test's own (main) thread and 1.. for the threads that ran at once.
    ``value`` is a short, safe repr of the value read or written, or "" where there is none to show.
    ``step`` counts the thread's own scheduling points from 1: the coordinate used by replay tokens.
    """

    thread: int
    step: int
    op: Operation
    location: str
    site: Site
    value: str = ""
    highlighted: bool = False
    """True for the accesses that make up the hazard."""
    method: str = ""
    """``call``: of what method."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Who ran when, as deviations from the default order.

    By default the running thread goes on, and when it cannot, the runnable thread with the lowest
    index does. ``switches`` lists the exceptions: ``(thread, step, to)``: when ``thread`` stood at
    its ``step``-th scheduling point, ``to`` ran next. Coordinates count what the program does, not
    bytecode, and so are the same on every Python version.
    """

    switches: tuple[tuple[int, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class ThreadState:
    """Where a thread stood when nothing could go on (deadlock) or time was up (timeout)."""

    thread: int
    name: str
    waits_for: str = ""
    """What it waits for: ``lock Account.lock held by thread 2``; empty if it was running."""
    holds: tuple[str, ...] = ()
    site: Site | None = None
    stack: tuple[Site, ...] = ()
    """Innermost last, frames of the user's code only."""
    awaits: str = ""
    """The name alone of what it waits for: ``lock Account.lock``; empty if it has none."""
