"""The table of the kinds of hazards: the model, the JSON schema, the words of verdicts and reports
and the page of reference follow from it.

A detector finds hazards of one kind or more (``detect/``); a kind needs a row here, and no other
place has to know it. Afterwards ``python tests/test_kinds.py`` makes again what holds a copy.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

LOST_UPDATE: Final = "lost-update"
STALE_READ: Final = "stale-read"
ATOMICITY_VIOLATION: Final = "atomicity-violation"
DATA_RACE: Final = "data-race"
DEADLOCK: Final = "deadlock"
LOCK_ORDER_INVERSION: Final = "lock-order-inversion"
NO_PROGRESS: Final = "no-progress"
NONSERIALIZABLE_OUTCOME: Final = "nonserializable-outcome"
TEST_FAILURE: Final = "test-failure"
THREAD_EXCEPTION: Final = "thread-exception"
SWALLOWED_EXCEPTION: Final = "swallowed-exception"
LOCK_HELD_AT_END: Final = "lock-held-at-end"
FORK_HAZARD: Final = "fork-hazard"
OVER_RELEASE: Final = "over-release"
THREAD_LEAK: Final = "thread-leak"
CRASH: Final = "crash"
TIMEOUT: Final = "timeout"


@dataclass(frozen=True, slots=True)
class Kind:
    """A row of the table."""

    name: str
    """As in the JSON report: words in lower case with hyphens between them."""
    plural: str
    """For verdicts: ``lost updates with 2 threads``."""
    meaning: str
    """For the page of reference."""
    in_runs: str = "fails"
    """What the test does in runs that show it, if no more is known: ``fails in 3 of 20 runs``."""
    is_symptom: bool = False
    """Whether it tells how a bug shows itself rather than what it is."""
    is_quiet: bool = False
    """Whether notes of it are shown only to who asks for more."""

    @property
    def title(self) -> str:
        """How headlines call it."""
        return self.name.replace("-", " ")


_ROWS: Final = (
    Kind(
        CRASH,
        "crashes",
        "the process died: a signal, `os._exit`; the message names the line of the program where "
        "the crash report of `faulthandler` has it",
        in_runs="crashes",
    ),
    Kind(
        DEADLOCK,
        "a deadlock",
        "no thread can go on: who holds what, and who waits for what",
    ),
    Kind(
        LOST_UPDATE,
        "lost updates",
        "a write that is based on a value which another thread, or another task of an event loop, "
        "has overwritten since it was read; an update that may be made twice (`max(last, 7)`) "
        "loses nothing",
    ),
    Kind(
        DATA_RACE,
        "data races",
        "two accesses of one location that nothing orders, one of them a write. In Python each is "
        "one step, and what is read is whole: a note, shown with `-v`, which fails no test; a "
        "warning where a thread writes without the lock under which another one was at work. Where "
        "an execution shows damage, it is one of the other kinds",
        is_quiet=True,
    ),
    Kind(
        ATOMICITY_VIOLATION,
        "atomicity violations",
        "steps that were meant to be one, with another thread's step between them: a thread writes "
        "by what it has found, although that has changed since, and would not write where the "
        "other thread comes first; or a pair that is written in one critical section is read half "
        "before, half after",
    ),
    Kind(
        STALE_READ,
        "stale reads",
        "what a thread reads, or goes by, is not what it should be, since another one came between "
        "two steps, and no order of the threads one after another comes to what it comes to: a "
        "value differs when it is read again, or from what the thread had written itself; it was "
        "there for a moment only; a container was changed while it was gone through; an object was "
        "found before it had been made ready",
    ),
    Kind(
        NONSERIALIZABLE_OUTCOME,
        "outcomes that no order of the threads explains",
        "an outcome that no order of the threads one after another explains: what calls return "
        "and raise, and what has become of what they were given",
    ),
    Kind(
        NO_PROGRESS,
        "no progress",
        "the threads keep running, and go on where the rest of the schedule is fair, too (nobody "
        "is kept waiting, sleepers wake); what ends then is no hazard, nor is what was only [too "
        "long](#too-long). The message says what each thread keeps reading, and whether anybody "
        "writes it",
    ),
    Kind(
        LOCK_HELD_AT_END,
        "locks held for ever",
        "a thread ended while it held a lock, as it does in no serial run",
    ),
    Kind(
        FORK_HAZARD,
        "fork hazards",
        "a process goes wrong by what it has inherited: a lock that another thread held at the "
        "fork, a thread that does not exist in it, a generator of random numbers in the same state "
        "in each, a buffer or a position of an open file, an open database, stream or event loop. "
        "See [Forks](#forks)",
        in_runs="goes wrong after the fork",
        is_quiet=True,
    ),
    Kind(
        THREAD_EXCEPTION,
        "dying threads",
        "a thread ended with an exception",
        in_runs="a thread dies",
        is_symptom=True,
    ),
    Kind(
        SWALLOWED_EXCEPTION,
        "exceptions that nobody asks for",
        "a job of an executor or a thread pool ended with an exception, and nobody asked its "
        "future; where that is so without concurrency, too, it is a warning",
        in_runs="a job fails unheard",
        is_symptom=True,
    ),
    Kind(
        TEST_FAILURE,
        "failures",
        "an assertion or exception in the test that only concurrency brings",
        is_symptom=True,
    ),
    Kind(
        TIMEOUT,
        "hangs",
        "an execution or a run did not end in time; it was ended, and the report shows every "
        "thread's stack",
        in_runs="does not end",
        is_symptom=True,
    ),
    Kind(
        LOCK_ORDER_INVERSION,
        "locks taken in opposite orders",
        "locks taken in opposite orders, without the deadlock having happened in any schedule "
        "tried, some of which were steered to it (a note, which fails no test); where it happens "
        "it is a `deadlock`",
    ),
    Kind(
        OVER_RELEASE,
        "permits given back that were not taken",
        "a thread gave back a permit of a semaphore that it had not got, at a line that gives back "
        "what was taken, or had given back already, and the semaphore has more of them than it "
        "began with (a warning)",
    ),
    Kind(
        THREAD_LEAK,
        "threads left behind",
        "a thread that outlives its test (a warning)",
    ),
)
"""First what does most damage, and what explains the others."""

KINDS: Final = {kind.name: kind for kind in _ROWS}
"""The table, by name; while a session lasts, with the kinds of other packages."""

if TYPE_CHECKING:
    HazardKind = str
else:
    HazardKind = Literal[tuple(KINDS)]
"""The name of a kind in the table."""


def add_kinds(kinds: Iterable[Kind]) -> None:
    """Take kinds of another package into the table, before the first symptom: they explain it."""
    rows = list(KINDS.values())
    first = next(index for index, row in enumerate(rows) if row.is_symptom)
    KINDS.clear()
    KINDS.update({row.name: row for row in (*rows[:first], *kinds, *rows[first:])})


def remove_kinds(kinds: Iterable[Kind]) -> None:
    """Take them out again."""
    for kind in kinds:
        del KINDS[kind.name]


def rank(name: HazardKind) -> int:
    """Order kinds: the worst first."""
    return list(KINDS).index(name)
