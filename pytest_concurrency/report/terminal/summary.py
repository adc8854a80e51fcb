"""What a session says about itself: header, progress of a long test, and the summary."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence

from pytest_concurrency.model import Cell, CellResult, Settings, StressReport
from pytest_concurrency.report.page import Line, Markup, Page, Span, columns, line
from pytest_concurrency.report.terminal.table import table_lines
from pytest_concurrency.report.terminal.untold import (
    not_judged_lines,
    not_stressed_lines,
    quiet_lines,
    sentence,
)
from pytest_concurrency.report.wording import count, distinct, headline, unseen_code

MOST_ROWS = 25
MOST_HAZARDS = 3
MOST_FUNCTIONS = 5


def header_line(settings: Settings, *, gil: bool) -> str:
    """Say before the run what it will do."""
    threads = ",".join(map(str, settings.threads)) or "none"
    processes = ",".join(map(str, settings.processes)) or "none"
    return (
        f"concurrency: threads {threads}; processes {processes}; "
        f"{count(settings.schedules, 'schedule')}, strategy {settings.strategy}; "
        f"{_seed(settings.seed)}; GIL {'on' if gil else 'off'}"
    )


def progress_text(nodeid: str, cell: Cell, done: int, planned: int, page: Page) -> str:
    """Say how far a long test is; one line that fits, without padding."""
    rest = f": {cell.label} {done}/{planned} {page.ellipsis}"
    name = page.clean(nodeid.rpartition("::")[2])
    # The last column stays free: a carriage return must find the cursor on this line.
    return page.cut(page.cut(name, max(page.width - 1 - columns(rest), 8)) + rest, page.width - 1)


def summary_lines(
    reports: Iterable[StressReport],
    page: Page,
    *,
    verbosity: int = 0,
    seed: str = "",
    strict: bool = False,
    problems: Iterable[str] = (),
    acceptance: Sequence[Line] = (),
) -> list[Line]:
    """Sum a session up; more detail when verbose, and when quiet only what nothing else says.

    ``problems`` are those of the session, besides those of its tests; ``acceptance`` says what is
    known of hazards that are accepted.
    """
    everything = list(reports)
    apart = dict.fromkeys((*problems, *(each for report in everything for each in report.problems)))
    warned = [each for text in apart for each in sentence(f"warning: {text}", page, "yellow")]
    if verbosity < 0 or not everything:
        return [*warned, *quiet_lines(everything, page, strict=strict)]
    stressed = [each for each in everything if each.outcome != "skipped"]
    skipped = [each for each in everything if each.outcome == "skipped"]
    shown = stressed
    if verbosity == 0 and len(stressed) > MOST_ROWS:
        shown = [each for each in stressed if has_problem(each)]
    below = [[*_below(each, page), *(_details(each, page) if verbosity else ())] for each in shown]
    lines = table_lines(shown, below, page)
    if hidden := len(stressed) - len(shown):
        more = count(hidden, "more test" if shown else "test")
        lines.append(line(f"{page.ellipsis} and {more} without a hazard", "green"))
    return [
        *lines,
        *warned,
        *(_instrumented(stressed, page) if verbosity else ()),
        *not_stressed_lines(skipped, page, verbosity),
        *not_judged_lines(everything, page, strict=strict, verbosity=verbosity),
        *acceptance,
        *_totals(everything, page, seed),
    ]


def has_problem(report: StressReport) -> bool:
    """Tell whether a test deserves a row of its own however many tests there are."""
    outcomes = {result.outcome for result in report.cells}
    return report.outcome == "failed" or not outcomes.isdisjoint({"hazard", "error"})


def _below(report: StressReport, page: Page) -> Iterator[Line]:
    """Name under a test's row what was found, with the replay where no failure section has it."""
    found = distinct(report)
    for hazard, _ in found[:MOST_HAZARDS]:
        if hazard.severity == "note":  # no failure section has what it says
            yield from _notes([f"note: {headline(hazard, short=True)}: {hazard.message}"], page)
            continue
        gate = "" if report.gated else " [does not fail the run]"
        for text in page.wrap(headline(hazard, short=True) + gate, "    ", "      "):
            yield line(text, "red" if hazard.severity == "error" else "yellow")
        if hazard.replay and not report.gated:
            replay = f"--concurrency-replay={shlex.quote(hazard.replay)}"
            command = f"pytest {shlex.quote(report.nodeid)} {replay}"
            yield line("      " + page.clean(command), "cyan")
    if len(found) > MOST_HAZARDS:
        yield line(f"    and {count(len(found) - MOST_HAZARDS, 'more hazard')}", "red")
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
    yield from _notes([f"isolation: {report.isolation.reason}"], page)
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
    explored = result.cell.kind == "explored"
    is_short = result.schedules < result.planned and not result.exhausted
    short = f"{result.schedules} of " if is_short else ""
    planned = max(result.schedules, result.planned) if is_short else result.schedules
    parts = [short + count(planned, "schedule" if explored else "run")]
    if explored:
        parts.append(f"{result.distinct} distinct")
        parts.append(result.coverage)
        parts.append(f"strategy {result.strategy or 'unknown'}")
    if result.control:
        parts.append(f"one after another: {result.control}")
    text = f"{result.cell.label}: {', '.join(parts)}, {result.seconds:.2f}s"
    is_said = result.outcome in _SAID_BELOW
    return f"{text}: {result.reason}" if result.reason and not is_said else text


def _notes(texts: Iterable[str], page: Page, *markup: Markup) -> Iterator[Line]:
    for text in texts:
        for each in page.wrap(text, "    ", "      "):
            yield line(each, *(markup or ("light",)))


def _totals(reports: Sequence[StressReport], page: Page, seed: str) -> list[Line]:
    stressed = [each for each in reports if each.outcome != "skipped"]
    severities = [hazard.severity for each in stressed for hazard, _ in distinct(each)]
    notes = severities.count("note")
    found = len(severities) - notes
    skipped = len(reports) - len(stressed)
    parts = [
        f"{count(len(stressed), 'test')} stressed",
        *([f"{skipped} not stressed"] if skipped else ()),
        count(sum(each.schedules for each in stressed), "schedule"),
    ]
    before = ", ".join(parts) + ", "
    hazards = count(found, "hazard") + (f", {count(notes, 'note')}" if notes else "")
    seconds = sum(each.seconds for each in stressed)
    unjudged = sum(bool(each.not_judged) for each in reports)
    doubt = f", {count(unjudged, 'test')} could not be judged" if unjudged else ""
    after = f", {seconds:.1f}s, {_seed(seed)}"
    text = before + hazards + doubt + after
    color: Markup = "red" if found else "yellow" if unjudged else "green"
    if columns(text) > page.width:
        return [line(each, color) for each in page.wrap(text)]
    spans = (Span(before), Span(hazards, (color, "bold")), Span(doubt, ("yellow",)))
    return [Line((*spans, Span(page.clean(after))))]


def _seed(seed: str) -> str:
    return f"seed {seed}" if seed else "seed from test ids"
