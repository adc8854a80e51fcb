"""The plan of a test: which cells it runs through, in which order; and, as results come in, which
of them are not needed any more.

A cell that is not run is named with the reason, and nothing is claimed of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field, replace

from pytest_concurrency.kinds import FORK_HAZARD
from pytest_concurrency.model import Cell, CellResult, Hazard, NotRun, Settings
from pytest_concurrency.stress.cells.serial import SerialFacts

_OF_A_NUMBER = frozenset({"concurrency", "thread_count", "thread_index", "request"})
"""Fixtures by which a test may do something else with other numbers of threads; the last one gives
others.
"""
RUNS_BY_DEFAULT = 4
"""At once, of processes that are started by another method than those that were asked for."""
RUNS_WITHOUT_MEETING = 5
"""At full speed, of a test whose threads share nothing: for what no schedule shows."""


def plan(settings: Settings, *, is_fixed: bool = False) -> tuple[Cell, ...]:
    """Return the cells after the serial one: explored, then free-running, then processes, and
    their schedules.

    ``is_fixed``: how much runs at once does not depend on the cell, so one of each kind is enough.
    """
    cells: list[Cell] = []
    if is_fixed:
        settings = replace(settings, threads=settings.threads[:1], processes=settings.processes[:1])
    if settings.schedules:
        cells += [Cell("explored", threads=count) for count in settings.threads]
    if settings.runs:
        cells += [Cell("free-running", threads=count) for count in settings.threads]
        cells += [
            Cell("processes", processes=count, start_method=method)
            for method in settings.start_method
            for count in settings.processes
        ]
    several = [count for count in settings.processes if count > 1] if settings.runs else []
    if settings.schedules:
        cells += [
            Cell("explored-processes", processes=count, start_method="fork") for count in several
        ]
    method = settings.by_default
    if method and method not in settings.start_method:
        cells += [Cell("processes", processes=n, start_method=method) for n in several[:1]]
    return tuple(cells)


def is_by_default(settings: Settings, method: str) -> bool:
    """Whether processes are started in this way only because it is the default."""
    return method == settings.by_default and method not in settings.start_method


def without_default(results: Sequence[CellResult], result: CellResult) -> list[CellResult]:
    """Return the cells of a test with the last one, whose processes nobody has asked to be started
    in this way: unless it shows something, or is clean, a note of the one that forks says why.
    """
    method = result.cell.start_method
    forked = next((each for each in results if _is_forked(each, result.cell)), None)
    if result.outcome in ("clean", "hazard") or forked is None:
        return [*results, result]
    is_tried = result.outcome in ("fails", "not-shared")
    tried = by_default(method) if is_tried else f"{by_default(method)}, could not be tried"
    why = result.reason.partition(f"started with {method}: ")[2] or result.reason
    note = f"{tried}: {why}"
    noted = replace(forked, notes=(*forked.notes, note))
    return [noted if each is forked else each for each in results]


def is_worth_more(forked: CellResult) -> bool:
    """Whether what forked processes show is a reason to start them otherwise, too: they meet
    outside memory, or what they inherit may be why they fail.
    """
    return forked.meets or forked.control == "fails"


def by_default(method: str) -> str:
    """Say which processes are spoken of, where nobody has asked for them."""
    return f"processes that are started by {method}, Python's default here"


def _is_forked(result: CellResult, cell: Cell) -> bool:
    return result.cell == replace(cell, start_method="fork")


@dataclass(frozen=True, slots=True)
class Need:
    """Says which cells are not needed, by what those before them have shown."""

    facts: SerialFacts
    fixtures: Set[str]
    """That the test asks for."""
    sees_all: bool
    """Whether all code that it runs is seen, and it changes nothing outside memory."""
    counts: Callable[[Hazard], bool]
    """Whether a hazard fails its test."""
    forks: bool = True
    """Whether worker processes are forked."""
    settings: Settings = field(default_factory=Settings)

    def not_needed(
        self, cell: Cell, results: Sequence[CellResult], *, has_failed: bool = False
    ) -> NotRun | None:
        """Return why a cell is not run; None if it is. ``has_failed``: it did in an earlier run."""
        if cell.kind == "explored-processes":
            return self._no_schedules_of_processes(cell, results)
        if cell.in_processes:
            return None
        for result in results if cell.kind == "free-running" else ():
            if any(map(self.counts, result.hazards)):
                told = "runs at full speed could only show it again"
                return NotRun(cell, f"{result.cell.label} found a hazard: {told}")
        if has_failed or not self.sees_all:
            return None
        for result in filter(is_complete, results):
            if cell.kind == "explored" and self._says_how_many:
                told = f"the test starts its own threads, and {result.cell.label} was exhausted"
                return NotRun(cell, told, is_same=True)
            if self.shares_nothing(result) and cell.threads > result.cell.threads:
                told = "its threads share nothing, and more of them would share nothing either"
                return NotRun(cell, f"every interleaving of {result.cell.label} was run: {told}")
        return None

    def explores(self, cell: Cell, cells: Sequence[Cell]) -> bool:
        """Whether one of these cells searches the schedules of the processes of this one."""
        return self.forks and replace(cell, kind="explored-processes") in cells

    def leaves_out(self, cell: Cell, results: Sequence[CellResult]) -> bool:
        """Whether a cell is none of the test's: its processes, as the control has shown, do not
        meet, or are not well even one after another."""
        if is_by_default(self.settings, cell.start_method):
            forked = next((each for each in results if _is_forked(each, cell)), None)
            if forked is None or self.facts.shape == "own-threads":
                return True
            told = by_default(cell.start_method)
            return not is_worth_more(forked) or any(n.startswith(told) for n in forked.notes)
        of_processes = _of_processes(cell, results)
        return any(not each.meets or each.control != "clean" for each in of_processes)

    def _no_schedules_of_processes(
        self, cell: Cell, results: Sequence[CellResult]
    ) -> NotRun | None:
        if not self.forks:
            return NotRun(cell, "schedules are searched where worker processes are forked")
        found = [hazard for each in _of_processes(cell, results) for hazard in each.hazards]
        if any(each.kind == FORK_HAZARD and each.severity != "note" for each in found):
            return NotRun(cell, "what its processes inherit goes wrong, whatever the schedule")
        return None

    def runs(self, runs: int, results: Sequence[CellResult]) -> int:
        """Return how many runs at full speed are worth it, of so many that were asked for."""
        is_calm = any(map(self.shares_nothing, filter(is_complete, results)))
        return min(RUNS_WITHOUT_MEETING, runs) if is_calm else runs

    def shares_nothing(self, result: CellResult) -> bool:
        """Whether it is known of a cell that its threads share nothing, whatever their number."""
        is_asked = self.facts.shape == "copies" and self.fixtures.isdisjoint(_OF_A_NUMBER)
        return result.shares_nothing and self.sees_all and is_asked

    @property
    def _says_how_many(self) -> bool:
        """Whether the test itself says how many threads there are."""
        return self.facts.shape == "own-threads" and self.fixtures.isdisjoint(_OF_A_NUMBER)


def _of_processes(cell: Cell, results: Sequence[CellResult]) -> list[CellResult]:
    """Return the result of the process cell that belongs to an explored one."""
    if cell.kind != "explored-processes":
        return []
    same = replace(cell, kind="processes")
    return [each for each in results if each.cell == same]


def is_complete(result: CellResult) -> bool:
    """Whether every interleaving of a cell was run, and nothing was found."""
    return result.has_everything and result.outcome == "clean" and not result.hazards
