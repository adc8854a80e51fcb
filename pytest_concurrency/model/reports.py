"""The ways of running a test, what each gave, and all that is known about a test."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from pytest_concurrency.model.costs import Costs
from pytest_concurrency.model.hazards import Hazard

CellKind = Literal["serial", "explored", "free-running", "explored-processes", "processes"]
CellOutcome = Literal["clean", "hazard", "error", "skipped", "fails", "not-shared"]
IsolationVerdict = Literal[
    "hidden", "exposed", "persists", "clean", "breaks", "not-shared", "inconclusive"
]


@dataclass(frozen=True, slots=True)
class Cell:
    """One way of running a test."""

    kind: CellKind
    threads: int = 1
    processes: int = 1
    start_method: Literal["", "fork", "spawn", "forkserver"] = ""
    """How the workers of a process cell are started; empty: it has none."""

    @property
    def label(self) -> str:
        """Short name: ``serial``, ``explored 2T``, ``free 4T``, ``explored 2P``, ``processes 2P``,
        which are forked, or ``processes 2P spawn``.
        """
        if self.kind == "serial":
            return "serial"
        kind = "free" if self.kind == "free-running" else self.kind.partition("-")[0]
        return f"{kind} {self.title}"

    @property
    def title(self) -> str:
        """What stands above its column, below its kind."""
        if self.kind == "serial":
            return ""
        if not self.in_processes:
            return f"{self.threads}T"
        method = f" {self.start_method}" if self.start_method not in ("", "fork") else ""
        return f"{self.processes}P{method}"

    @property
    def in_processes(self) -> bool:
        """Whether what runs at once are processes."""
        return self.kind in ("explored-processes", "processes")

    @property
    def is_explored(self) -> bool:
        """Whether it is decided who runs when."""
        return self.kind in ("explored", "explored-processes")


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
    reduced: bool = False
    """``covered`` counts interleavings (orders of conflicting operations), not schedules: of those
    that come down to the same one is enough.
    """
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
    shares_nothing: bool = False
    """Explored cells: every interleaving was run, and in none has a thread written to anything that
    others can reach, or synchronised."""
    costs: Costs | None = None
    """Process cells: what was measured by the way."""
    meets: bool = False
    """Process cells: several workers have touched the same outside memory, one of them writing, or
    taken the same lock."""
    own_fixtures: bool = False
    """Each copy of the test had function-scoped fixtures and an instance of its own, since copies
    one after another fail on shared ones."""

    @property
    def has_everything(self) -> bool:
        """Whether every interleaving was run, with however many preemptions."""
        return self.exhausted and self.preemption_bound < 0

    @property
    def is_barely_tried(self) -> bool:
        """Whether time ran out before a tenth of the schedules: too few to say that all is fine."""
        return (
            self.cell.is_explored
            and self.outcome == "clean"
            and not self.exhausted
            and self.schedules * BARELY_TRIED < self.planned
        )

    @property
    def coverage(self) -> str:
        """How much of all that could happen was tried (explored cells)."""
        if not self.covered:
            return "sampled"
        noun = "interleaving" if self.reduced else "schedule"
        every = f"the only {noun}" if self.covered == 1 else f"all {self.covered} {noun}s"
        if self.preemption_bound < 0:
            return every
        if self.preemption_bound == 0:
            return f"{every} without preemption"
        plural = "s" if self.preemption_bound > 1 else ""
        return f"{every} with at most {self.preemption_bound} preemption{plural}"


def numbered(results: Iterable[CellResult]) -> tuple[CellResult, ...]:
    """Return the results of a report, each hazard with the index of its cell."""
    return tuple(
        replace(result, hazards=tuple(replace(hazard, cell=index) for hazard in result.hazards))
        for index, result in enumerate(results)
    )


@dataclass(frozen=True, slots=True)
class NotRun:
    """A cell of the plan that was not run, as the others left nothing for it: it claims nothing."""

    cell: Cell
    reason: str
    is_same: bool = False
    """Whether another cell was the same: what is said of that one holds for it."""


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
    """``failed`` iff the test fails as usual or a hazard was found that is not accepted;
    ``skipped`` if it was not stressed.
    """
    cells: tuple[CellResult, ...] = ()
    not_run: tuple[NotRun, ...] = ()
    """Cells that the others left nothing for."""
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
    ignore: tuple[str, ...] = ()
    """The patterns of accepted hazards that were there for it, as they were written."""
    costs: Costs | None = None
    """What its callables cost in threads and in processes, where that was asked for, and is known.
    """
    selector: str = ""
    """The test's id as seen from where pytest was called, for commands; empty: the same."""

    @property
    def hazards(self) -> tuple[Hazard, ...]:
        """All hazards, cell by cell."""
        return tuple(hazard for result in self.cells for hazard in result.hazards)

    @property
    def has_errors(self) -> bool:
        """Whether a hazard was found that is more than a warning, and not accepted."""
        return any(hazard.is_error for hazard in self.hazards)

    @property
    def not_judged(self) -> str:
        """Why the test could not be judged, or not fully, though a hazard of it would fail the run;
        empty if it was.
        """
        return self.doubt if self.gated else ""

    @property
    def doubt(self) -> str:
        """Why the test could not be judged, or not fully, whether a hazard of it would fail the run
        or not; empty if it was, and where it fails.
        """
        if self.outcome == "failed":
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
