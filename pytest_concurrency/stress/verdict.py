"""What comparing thread cells with process cells says: does isolation hide the bug, expose it, or
neither?

A hazard is decided by one cell that shows it. That something is *fine* needs every cell of its
side, and even then says only how much was tried.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pytest_concurrency.kinds import KINDS
from pytest_concurrency.model import CellResult, Verdict
from pytest_concurrency.stress.outside.touch import MET_IN_DATABASE, NOTHING_OUTSIDE, NOTHING_SEEN


def isolation_verdict(results: Sequence[CellResult]) -> Verdict:
    """Compare the cells of one test; ``results`` may hold any cells in any order."""
    serial = [result for result in results if result.cell.kind == "serial"]
    threads = [result for result in results if result.cell.kind in ("explored", "free-running")]
    processes, methods = _judged_methods([r for r in results if r.cell.in_processes])
    verdict = _verdict(serial, threads, processes, results)
    return replace(verdict, reason=f"{verdict.reason}; {methods}") if methods else verdict


def _judged_methods(results: Sequence[CellResult]) -> tuple[list[CellResult], str]:
    """Leave out the cells of a start method that says nothing, where another one does; and say
    what each method shows, where that differs.
    """
    outcomes: dict[str, dict[str, None]] = {}
    for each in results:
        outcomes.setdefault(each.cell.start_method or "fork", {})[each.outcome] = None
    silent = {method for method, found in outcomes.items() if found.keys() <= _NOT_TRIED}
    kept = [each for each in results if (each.cell.start_method or "fork") not in silent]
    told = ", ".join(
        f"{method} {'not tried' if method in silent else _and([*found])}"
        for method, found in outcomes.items()
    )
    is_same = len({tuple(each) for each in outcomes.values()}) < 2
    return kept or [*results], "" if is_same else f"by start method: {told}"


_NOT_TRIED = {"error", "skipped"}


def _verdict(
    serial: Sequence[CellResult],
    threads: Sequence[CellResult],
    processes: Sequence[CellResult],
    results: Sequence[CellResult],
) -> Verdict:
    if any(result.outcome in ("hazard", "error") for result in serial):
        return Verdict("inconclusive", "it fails without concurrency")

    bad_threads, bad_processes = _showing(threads), _showing(processes)
    broken = [result for result in processes if result.control == "fails"]
    not_shared = [result for result in processes if result.outcome == "not-shared"]
    if bad_threads and bad_processes:
        reason = f"{_hazards(bad_threads)}, and {_hazards(bad_processes)} at once as well"
        return Verdict("persists", reason)
    if bad_threads and broken:
        return Verdict("persists", f"{_hazards(bad_threads)}; {_told(broken)}")
    if bad_threads and not_shared:
        return Verdict("hidden", f"{_hazards(bad_threads)}; {_told(not_shared)}")
    is_decided = bad_processes or broken or not_shared
    gap = _gap(processes if bad_threads else threads if is_decided else [*threads, *processes])
    if not threads or not processes:
        missing = "threads" if not threads else "processes"
        gap = f"there is no cell with {missing} to compare with"
    if gap:
        return Verdict("inconclusive", "; ".join(filter(None, (_found(results), gap))))
    if bad_threads:
        return Verdict("hidden", f"{_hazards(bad_threads)}; {_fine_processes(processes)}")
    if bad_processes:
        control = ", none one after another" if _passes_in_turn(bad_processes) else ""
        reason = f"{_hazards(bad_processes)} at once{control}; {_tried(threads)}"
        return Verdict("exposed", f"{reason} with {_counts(threads)} found nothing")
    tried = f"no hazard in {_tried(threads)} with {_counts(threads)}"
    if broken:
        return Verdict("breaks", f"{_told(broken)}; {tried}")
    if not_shared:
        return Verdict("not-shared", f"{_told(not_shared)}; {tried}")
    return Verdict("clean", f"{tried}; {_fine_processes(processes)}")


def _told(results: Sequence[CellResult]) -> str:
    """What the control of the smallest such cell says: ``with 2 processes it fails even ...``."""
    smallest = min(results, key=lambda result: result.cell.processes)
    return f"with {_counts([smallest])} {smallest.reason}"


def _passes_in_turn(results: Sequence[CellResult]) -> bool:
    return all(result.control == "clean" for result in results)


def _showing(results: Sequence[CellResult]) -> list[CellResult]:
    return [result for result in results if result.outcome == "hazard"]


def _gap(results: Sequence[CellResult]) -> str:
    """The first cell that keeps us from saying that all is fine."""
    for result in results:
        if result.outcome in ("error", "skipped"):
            what = "was skipped" if result.outcome == "skipped" else "could not be done"
            return f"the cell {result.cell.label} {what}" + (
                f": {result.reason}" if result.reason else ""
            )
        if result.schedules == 0:
            return f"the cell {result.cell.label} ran nothing"
        if result.is_barely_tried:
            done = f"{result.schedules} of {result.planned} schedules"
            return f"the cell {result.cell.label} ran only {done}"
    return ""


def _found(results: Sequence[CellResult]) -> str:
    found = _showing(results)
    return _hazards(found) if found else ""


def _hazards(results: Sequence[CellResult]) -> str:
    """``lost updates with 2 threads``."""
    hazards = [hazard for result in results for hazard in result.hazards]
    kinds = dict.fromkeys(KINDS[each.kind].plural for each in hazards if each.is_error)
    return f"{_and(list(kinds)) or 'hazards'} with {_counts(results)}"


def _counts(results: Sequence[CellResult]) -> str:
    """``2 and 4 threads``; the smallest evidence first."""
    in_processes = results[0].cell.in_processes
    numbers = {r.cell.processes if in_processes else r.cell.threads for r in results}
    noun = "process" if in_processes else "thread"
    plural = "" if numbers == {1} else "es" if in_processes else "s"
    methods = [*dict.fromkeys(r.cell.start_method for r in results if r.cell.start_method)]
    how = f" ({_and(methods)})" if in_processes and methods not in ([], ["fork"]) else ""
    return f"{_and([str(number) for number in sorted(numbers)])} {noun}{plural}{how}"


def _fine_processes(results: Sequence[CellResult]) -> str:
    reasons = {result.reason for result in results if result.cell.kind == "processes"}
    if reasons <= {NOTHING_OUTSIDE, NOTHING_SEEN}:
        told = NOTHING_SEEN if NOTHING_SEEN in reasons else NOTHING_OUTSIDE
        return f"it passes with {_counts(results)} ({_tried(results)}), and {told}"
    told = f"{_counts(results)} one after another and at once ({_tried(results)}) lose nothing"
    if any(MET_IN_DATABASE in reason for reason in reasons):
        return f"{told} that the test asserts: {MET_IN_DATABASE}"
    return told


def _tried(results: Sequence[CellResult]) -> str:
    """``400 sampled schedules and 40 runs``: never more than was done."""
    explored = [result for result in results if result.cell.is_explored]
    of_all = [result for result in explored if result.has_everything]
    all_schedules = sum(result.covered for result in of_all if not result.reduced)
    interleavings = sum(result.covered for result in of_all if result.reduced)
    sampled = sum(result.schedules for result in explored if not result.has_everything)
    runs = sum(result.schedules for result in results if not result.cell.is_explored)
    parts = []
    for number, noun in ((all_schedules, "schedule"), (interleavings, "interleaving")):
        if number:
            parts.append(f"the only {noun}" if number == 1 else f"all {number} {noun}s")
    if sampled:
        parts.append(f"{sampled} sampled schedule{'' if sampled == 1 else 's'}")
    if runs:
        parts.append(_runs(runs))
    return _and(parts)


def _runs(count: int) -> str:
    return f"{count} run{'' if count == 1 else 's'}"


def _and(parts: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))
