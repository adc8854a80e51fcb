"""The summary of a session: the tests that show something, the causes, the state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pytest_concurrency.model import CellResult, Costs, StressReport
from pytest_concurrency.model.costs import NEVER_SECONDS, duration
from pytest_concurrency.report.causes import Causes
from pytest_concurrency.report.page import Line, Markup, Page, line
from pytest_concurrency.report.terminal.found import cause_lines, remark_lines
from pytest_concurrency.report.terminal.table import table_lines
from pytest_concurrency.report.terminal.totals import state_of, totals
from pytest_concurrency.report.terminal.untold import (
    not_judged_lines,
    not_stressed_lines,
    quiet_lines,
    sentence,
)
from pytest_concurrency.report.wording import count, unseen_code

MOST_ROWS = 25
MOST_FUNCTIONS = 5


def summary_lines(
    causes: Causes,
    page: Page,
    *,
    verbosity: int = 0,
    strict: bool = False,
    problems: Iterable[str] = (),
    acceptance: Sequence[Line] = (),
    baseline: str = "",
) -> list[Line]:
    """Sum a session up; more detail when verbose, and when quiet only what nothing else says.

    ``problems`` are those of the session, besides those of its tests; ``acceptance`` says what is
    known of hazards that are accepted, ``baseline`` by which file, if there is one.
    """
    everything = causes.reports
    apart = dict.fromkeys((*problems, *(each for report in everything for each in report.problems)))
    warned = [each for text in apart for each in sentence(f"warning: {text}", page, "yellow")]
    if verbosity < 0 or not everything:
        return [*warned, *quiet_lines(causes, page, strict=strict)]
    stressed = [each for each in everything if each.outcome != "skipped"]
    skipped = [each for each in everything if each.outcome == "skipped"]
    shown = stressed if verbosity else [each for each in stressed if _has_row(each)][:MOST_ROWS]
    hidden = [each for each in stressed if each not in shown]
    return [
        *_table(shown, causes, page, verbosity),
        *_hidden(hidden, page),
        *cause_lines(causes, page),
        *remark_lines(causes, page, verbosity),
        *warned,
        *(_instrumented(stressed, page) if verbosity else ()),
        *not_stressed_lines(skipped, page, verbosity),
        *not_judged_lines(everything, page, strict=strict, verbosity=verbosity),
        *acceptance,
        *totals(causes, page, baseline=baseline),
    ]


def _has_row(report: StressReport) -> bool:
    """Whether a test is shown where not all are; why a cell could not be tried is told below."""
    return (
        state_of(report) in ("found", "failed", "breaks")
        or bool(report.reason)
        or any(result.outcome == "error" for result in report.cells)
    )


def _table(shown: Sequence[StressReport], causes: Causes, page: Page, verbosity: int) -> list[Line]:
    numbers = []
    for report in shown:
        known = (cause.number for cause in causes.of(report.nodeid) if cause.number)
        numbers.append(", ".join(map(str, known)))
    below = [[*_below(each, page), *(_details(each, page) if verbosity else ())] for each in shown]
    return table_lines(shown, numbers, below, page)


def _hidden(reports: Sequence[StressReport], page: Page) -> Iterator[Line]:
    """Say of the tests without a row how many they are, and what of their code is not seen."""
    if more := sum(map(_has_row, reports)):
        text = f"{page.ellipsis} and {count(more, 'more test')} with findings (-v lists them)"
        yield line(text, "red")
    unseen: dict[str, int] = {}
    for report in reports:
        if text := unseen_code(report).partition(": ")[2]:
            unseen[text] = unseen.get(text, 0) + 1
    for text, tests in unseen.items():
        what, not_seen, add = text.partition(" is not seen")
        told = f"{what}{not_seen} in {count(tests, 'test')}{add}"
        yield from sentence(told, page, "yellow")


def _below(report: StressReport, page: Page) -> Iterator[Line]:
    """Say under a test's row what its cells do not show."""
    if report.reason:
        yield from _notes([report.reason], page, "yellow")
    if unseen := unseen_code(report):
        yield from _notes([unseen], page, "yellow")
    for result in report.cells:
        if result.outcome in _SAID_BELOW and result.reason not in report.reason:
            reason = result.reason or "no reason given"
            yield from _notes([f"{result.cell.label}: {reason}"], page, "yellow")


_SAID_BELOW = ("error", "fails")
"""Outcomes of cells whose reason stands under the test's row anyway."""


def _details(report: StressReport, page: Page) -> Iterator[Line]:
    for result in report.cells:
        yield from _notes([_cell(result), *(f"  {note}" for note in result.notes)], page)
    for each in report.not_run:
        yield from _notes([f"{each.cell.label}: not run: {each.reason}"], page)
    yield from _notes([f"isolation: {report.isolation.reason}"], page)
    if report.costs is not None:
        yield from _notes([_costs(report.costs)], page)
    if report.seed:
        yield from _notes([f"seed {report.seed}"], page)
    told = {note for result in report.cells for note in result.notes}
    yield from _notes([f"note: {note}" for note in report.notes if note not in told], page)


def _instrumented(reports: Iterable[StressReport], page: Page) -> Iterator[Line]:
    """Say once how much is instrumented: it is the same for most tests."""
    for (done, seen), uninstrumented in dict.fromkeys(
        (each.instrumented, each.uninstrumented) for each in reports
    ):
        left_alone = f"; not: {_enumeration(uninstrumented)}" if uninstrumented else ""
        yield from sentence(f"instrumented {done} of {count(seen, 'function')}{left_alone}", page)


def _enumeration(names: Sequence[str]) -> str:
    more = len(names) - MOST_FUNCTIONS
    return ", ".join(names[:MOST_FUNCTIONS]) + (f" and {more} more" if more > 0 else "")


def _cell(result: CellResult) -> str:
    if result.outcome == "skipped":
        return f"{result.cell.label}: skipped: {result.reason or 'no reason given'}"
    explored = result.cell.is_explored
    is_short = result.schedules < result.planned and not result.exhausted
    short = f"{result.schedules} of " if is_short else ""
    planned = max(result.schedules, result.planned) if is_short else result.schedules
    parts = [short + count(planned, "schedule" if explored else "run")]
    if explored:
        if not result.reduced:  # finer than what is told then
            parts.append(f"{result.distinct} distinct")
        parts.append(result.coverage)
        if result.shares_nothing:
            parts.append("its threads share nothing")
        parts.append(f"strategy {result.strategy or 'unknown'}")
    if result.control:
        parts.append(f"one after another: {result.control}")
    text = f"{result.cell.label}: {', '.join(parts)}, {result.seconds:.2f}s"
    is_said = result.outcome in _SAID_BELOW
    return f"{text}: {result.reason}" if result.reason and not is_said else text


def _costs(costs: Costs) -> str:
    """Say what a test's callables cost in threads and in processes."""
    starts = {each.by: each for each in costs.starts}
    parts = [f"costs: one of its callables takes {duration(costs.run_seconds)}"]
    if "threads" in starts:
        parts.append(f"to start and end two threads {duration(starts['threads'].seconds)}")
    if costs.message_bytes:
        size = f"{costs.message_bytes:,} bytes"
        parts.append(f"to send back its result of {size} {duration(costs.message_seconds)}")
    for by, each in starts.items():
        if by == "threads":
            continue
        gain = f"pay from {duration(each.pays_from)} of computing in each"
        gain = "never pay" if each.pays_from == NEVER_SECONDS else gain
        parts.append(f"two processes ({by}) {duration(each.seconds)}, which {gain}")
    return "; ".join(parts)


def _notes(texts: Iterable[str], page: Page, *markup: Markup) -> Iterator[Line]:
    for text in texts:
        for each in page.wrap(text, "    ", "      "):
            yield line(each, *(markup or ("light",)))
