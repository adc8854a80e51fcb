"""Accesses to what lies outside the memory of a process, and where several processes meet there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

Deed = Literal["read", "write", "use", "lock", "unlock"]
"""``use``: what is done is not known, and may be both; ``lock`` and ``unlock`` only say whose turn
it is."""
Line = tuple[str, int, str]
"""Path, number and function."""
NO_SITE: Final = -1
WHOLE_THING: Final = "*"
SENT: Final = "<what it was sent>"
"""The location that stands for all of ``multiprocessing`` that a process has got."""

NOTHING_OUTSIDE = "nothing outside memory is touched: processes cannot meet"
"""What a process cell says that had nothing to look for."""
NOTHING_SEEN = "nothing outside memory is touched by the code that is seen"
"""The same where there is other code."""

MET_IN_DATABASE = "what is lost in a database is seen only where the test asserts it"
"""What it says that has found nothing where processes meet there: which rows a transaction has
looked at when it writes is not known."""


class Touch(NamedTuple):
    """One access to something outside memory."""

    when: int
    """``time.monotonic_ns()``: one clock for all processes of a machine."""
    location: str
    deed: Deed
    site: int = NO_SITE
    part: Any = None
    """An item's key; None where the site says which part it is."""
    owner: str = ""
    """The type of the object that was touched."""
    line: Line | None = None
    """Where the program's own code stood, if there is no site."""
    is_unseen: bool = False
    """Whether it was done inside code that is not instrumented: threads have no scheduling point
    there."""

    @property
    def is_data(self) -> bool:
        """Whether something is kept there."""
        return self.deed not in ("lock", "unlock")

    @property
    def may_write(self) -> bool:
        """Whether others may find something else there afterwards."""
        return self.deed in ("write", "use")

    @property
    def is_in_database(self) -> bool:
        """Whether it is a statement, and the database is in a file; connections of
        ``multiprocessing`` have no path."""
        return self.owner in ("Connection", "Cursor") and Path(self.location).is_absolute()


_ENTRIES: Final = "/*"


def entries_of(folder: str) -> str:
    """Return the location that the entries of a folder are, apart from what they hold."""
    return folder + _ENTRIES


def are_entries(location: object) -> bool:
    """Whether a location is that of a folder's entries."""
    return type(location) is str and location.endswith(_ENTRIES)


def meeting_places(traces: Sequence[Sequence[Touch]]) -> set[str]:
    """Return the locations that at least two processes touch, one of them writing; of the entries
    of a folder one has to ask: those that come and go have names of their own.
    """
    writers: dict[str, set[int]] = {}
    users: dict[str, set[int]] = {}
    listed = {t.location for trace in traces for t in trace if not t.may_write}
    for process, trace in enumerate(traces):
        for touch in trace:
            users.setdefault(touch.location, set()).add(process)
            if touch.may_write:
                writers.setdefault(touch.location, set()).add(process)
    return {
        place
        for place in writers
        if len(users[place]) > 1 and (place in listed or not are_entries(place))
    }


def may_meet(traces: Sequence[Sequence[Touch]]) -> bool:
    """Whether processes may meet: where something is kept, or at a lock, for which they may wait
    for each other for ever.
    """
    return any(touch.is_data for trace in traces for touch in trace) or do_meet(traces)


def do_meet(traces: Sequence[Sequence[Touch]]) -> bool:
    """Whether processes have met: where something is kept, or at a lock."""
    return bool(meeting_places(traces)) or any(
        sum(any(touch.location == lock for touch in trace) for trace in traces) > 1
        for lock in _locks(traces)
    )


def _locks(traces: Sequence[Sequence[Touch]]) -> set[str]:
    return {touch.location for trace in traces for touch in trace if touch.deed == "lock"}


def meet_in_database(traces: Sequence[Sequence[Touch]]) -> bool:
    """Whether processes meet in the file of a database, by statements."""
    places = meeting_places(traces)
    return any(
        touch.is_in_database and touch.location in places for trace in traces for touch in trace
    )


_TALKERS: Final = frozenset({"socket", "SSLSocket", "Connection"})


def meet_in_talk_only(traces: Sequence[Sequence[Touch]]) -> bool:
    """Whether processes meet, and wherever they do one talks to somebody there, and nothing is
    kept: a socket, a connection of ``multiprocessing``.
    """
    places = meeting_places(traces)
    owners = {t.owner for trace in traces for t in trace if t.location in places}
    return bool(places) and owners <= _TALKERS
