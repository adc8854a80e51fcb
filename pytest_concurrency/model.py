"""The nouns of the project: plain, frozen data that every room may import.

Nothing here does anything. A test has a *plan* of *cells*; running a cell gives a *cell result*
with the *hazards* it found; comparing the cells gives the *isolation verdict*; all of it together
is a *stress report*, which crosses process borders (explorer to pytest, xdist worker to
controller) as JSON-able plain data.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from pytest_concurrency.kinds import HazardKind, rank

CellKind = Literal["serial", "explored", "free-running", "processes"]
CellOutcome = Literal["clean", "hazard", "error", "skipped", "fails", "not-shared"]
IsolationVerdict = Literal[
    "hidden", "exposed", "persists", "clean", "breaks", "not-shared", "inconclusive"
]
Gate = Literal["marked", "all", "none"]
Selection = Literal["marked", "all"]
StartMethod = Literal["fork", "spawn", "forkserver"]
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
    "sleep",
    "call",
    "use",
]
"""What is done. ``wait``: it cannot go on; ``wake``: it goes on; ``call``: a method of a queue,
semaphore, ...; ``use``: something whose effect on the object is not seen."""


_PASSING = re.compile(r"0x[0-9a-fA-F]+|\btmp\w{8}\b|[\w.]*/[^\s'\"\]]*|\d{4,}")
"""What differs from run to run in the name of a location: addresses, temporary files, paths, and
long numbers (process ids, ports, times)."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What one test is stressed with: command line, ini file and marker, merged
    (``options.py``).
    """

    threads: tuple[int, ...] = (2, 4)
    processes: tuple[int, ...] = (2,)
    schedules: int = 200
    """Controlled schedules per explored cell."""
    runs: int = 20
    """Repeats per free-running cell and per process cell."""
    strategy: str = "auto"
    preemptions: int = -1
    """Most preemptions of a schedule that the systematic search tries; -1: any number."""
    jobs: int = 1
    """Processes that search the schedules of one cell at the same time; 0: one per CPU."""
    seed: str = ""
    """Empty: derived from the test's id. Otherwise whatever the user gave, mixed with the test's
    id.
    """
    time: float = 60.0
    """Seconds that all cells of one test may take together."""
    start_method: StartMethod = "fork"
    gate: Gate = "marked"
    source: tuple[str, ...] = ()
    """Top-level packages to instrument besides the project's own files."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One way of running a test."""

    kind: CellKind
    threads: int = 1
    processes: int = 1

    @property
    def label(self) -> str:
        """Short name for tables: ``serial``, ``explored 2T``, ``free 4T``, ``processes 2P``."""
        if self.kind == "serial":
            return "serial"
        if self.kind == "processes":
            return f"processes {self.processes}P"
        return f"{'free' if self.kind == 'free-running' else 'explored'} {self.threads}T"


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

    @property
    def preemptions(self) -> int:
        """Upper bound: number of deviations. Exact counts come from an execution."""
        return len(self.switches)


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


Symptom = tuple[str, str, str, int]
"""How a test fails: the kind of hazard, the exception's type, path and line that raised it."""


@dataclass(frozen=True, slots=True)
class Hazard:
    """One thing found, with its evidence."""

    kind: HazardKind
    message: str
    """One sentence, complete without the rest."""
    location: str = ""
    sites: tuple[SiteUse, ...] = ()
    cell: int = -1
    """Index into ``StressReport.cells``; -1 until the cell's result is put into the report."""
    severity: Literal["error", "warning", "note"] = "error"
    gil: Literal["reachable", "free-threaded-only", "unknown"] = "unknown"
    preemptions: int = 0
    schedule_index: int = 0
    """1-based number of the schedule (or run) of its cell that showed it."""
    failures: int = 1
    """How many of the cell's runs showed it (free-running and process cells)."""
    replay: str = ""
    """Token for ``--concurrency-replay``; empty where there is none (free-running, processes)."""
    threads: int = 0
    """Number of threads that ran at once when it was seen; 0 where that says nothing."""
    timeline: tuple[Access, ...] = ()
    states: tuple[ThreadState, ...] = ()
    detail: str = ""
    """Multi-line text shown as it is: the failing assertion, a traceback, a stack dump."""
    note: str = ""
    """Anything the reader must know about how sure this is (for example: the replay ran
    differently).
    """
    symptom: Symptom | None = None
    """How the test failed where this was seen, if it did and it is known where that was raised."""

    @property
    def identity(self) -> tuple[str, str, tuple[tuple[str, int], ...]]:
        """Equal for two sightings of the same thing."""
        return (
            self.kind,
            _PASSING.sub("", self.location),
            tuple((use.site.path, use.site.line) for use in self.sites),
        )


def badness(hazard: Hazard) -> tuple[int, int]:
    """Order hazards: the worst first."""
    severity = ("error", "warning", "note").index(hazard.severity)
    return (severity, rank(hazard.kind))


BARELY_TRIED = 10
"""An explored cell has to run at least this part (one in so many) of what was planned."""


@dataclass(frozen=True, slots=True)
class CellResult:
    """What running one cell gave."""

    cell: Cell
    outcome: CellOutcome
    schedules: int = 0
    """Executions done: schedules (explored) or runs (all other kinds)."""
    planned: int = 0
    distinct: int = 0
    """Distinct interleavings among them (explored cells)."""
    exhausted: bool = False
    """Every schedule was run (explored cells; within the bound on preemptions, if there is one)."""
    covered: int = 0
    """Schedules that were run without a gap: all there are, or all with at most so many preemptions
    as ``preemption_bound`` says.
    """
    preemption_bound: int = -1
    """-1: ``covered`` counts all there are."""
    strategy: str = ""
    seconds: float = 0.0
    reason: str = ""
    """Why it was skipped or could not be done; or what the control showed (processes)."""
    hazards: tuple[Hazard, ...] = ()
    control: Literal["", "clean", "not-shared", "fails"] = ""
    """Process cells: what the workers one after another showed. ``fails``: it does not survive the
    move to processes; ``not-shared``: its check looks at memory that processes do not share, and
    nothing outside is touched.
    """
    notes: tuple[str, ...] = ()
    own_fixtures: bool = False
    """Each copy of the test had function-scoped fixtures and an instance of its own, since copies
    one after another fail on shared ones."""
    starts_threads: bool = False
    """Serial cells: the test started threads of its own (shape 2)."""

    @property
    def is_barely_tried(self) -> bool:
        """Whether time ran out before a tenth of the schedules: too few to say that all is fine."""
        return (
            self.cell.kind == "explored"
            and self.outcome == "clean"
            and not self.exhausted
            and self.schedules * BARELY_TRIED < self.planned
        )

    @property
    def coverage(self) -> str:
        """How much of all that could happen was tried (explored cells)."""
        if not self.covered:
            return "sampled"
        every = "the only schedule" if self.covered == 1 else f"all {self.covered} schedules"
        if self.preemption_bound < 0:
            return every
        if self.preemption_bound == 0:
            return f"{every} without preemption"
        plural = "s" if self.preemption_bound > 1 else ""
        return f"{every} with at most {self.preemption_bound} preemption{plural}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What comparing thread cells with process cells says."""

    verdict: IsolationVerdict
    reason: str


@dataclass(frozen=True, slots=True)
class UnseenCode:
    """Code that a test runs, and that is not instrumented: what happens inside is not seen."""

    package: str
    """Empty: made by ``exec()`` or ``eval()``."""
    functions: int
    """How many functions of it the test enters."""
    on_purpose: bool = False
    """Whether it was left out by name."""


@dataclass(frozen=True, slots=True)
class StressReport:
    """Everything known about one stressed test."""

    nodeid: str
    gated: bool
    outcome: Literal["passed", "failed", "skipped"]
    """``failed`` iff the test fails as usual or a hazard was found; ``skipped`` if it was not
    stressed.
    """
    cells: tuple[CellResult, ...] = ()
    isolation: Verdict = field(
        default_factory=lambda: Verdict("inconclusive", "it was not stressed")
    )
    seed: str = ""
    seconds: float = 0.0
    reason: str = ""
    """Why it was not stressed, or was cut short."""
    instrumented: tuple[int, int] = (0, 0)
    """Functions instrumented, functions seen."""
    uninstrumented: tuple[str, ...] = ()
    """Those seen that stay as they are: name and reason."""
    entered: int = 0
    """Functions that the test enters; those of the standard library and of test tools left out."""
    unseen: tuple[UnseenCode, ...] = ()
    """What of them is not instrumented: then nothing is said of *all* interleavings."""
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    """What went wrong beside the test (a file that cannot be written): told once a session."""
    selector: str = ""
    """The test's id as seen from where pytest was called, for commands; empty: the same."""

    @property
    def hazards(self) -> tuple[Hazard, ...]:
        """All hazards, cell by cell."""
        return tuple(hazard for result in self.cells for hazard in result.hazards)

    @property
    def has_errors(self) -> bool:
        """Whether a hazard was found that is more than a warning."""
        return any(hazard.severity == "error" for hazard in self.hazards)

    @property
    def not_judged(self) -> str:
        """Why the test could not be judged, or not fully, though a hazard of it would fail the run;
        empty if it was.
        """
        if not self.gated or self.outcome == "failed":
            return ""
        if self.outcome == "skipped":
            return self.reason
        for result in self.cells:
            if result.outcome in ("error", "skipped"):
                return f"{result.cell.label}: {result.reason or result.outcome}"
            if result.is_barely_tried:
                return f"{result.cell.label}: only {result.schedules} of {result.planned} schedules"
        kinds = {result.cell.kind for result in self.cells}
        compared = "processes" in kinds and not kinds.isdisjoint({"explored", "free-running"})
        return (
            self.isolation.reason if compared and self.isolation.verdict == "inconclusive" else ""
        )

    @property
    def schedules(self) -> int:
        """Executions of all cells together."""
        return sum(result.schedules for result in self.cells)
