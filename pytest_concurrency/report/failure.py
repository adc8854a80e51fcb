"""The failure section of a test with hazards: what, where, how, with processes?, and again."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from pytest_concurrency._pytest_compat import (
    ReprEntryNative,
    ReprFileLocation,
    ReprTraceback,
    TerminalRepr,
    TerminalWriter,
)
from pytest_concurrency.kinds import CRASH, FORK_HAZARD, TEST_FAILURE, THREAD_EXCEPTION, TIMEOUT
from pytest_concurrency.model import Cell, CellResult, Hazard, StressReport, ThreadState
from pytest_concurrency.report.causes import Cause, Causes, causes_of
from pytest_concurrency.report.page import Line, Markup, Page, Span, line, plain, write
from pytest_concurrency.report.timeline import only_path, timeline_lines
from pytest_concurrency.report.wording import (
    VERBS,
    count,
    headline,
    lines_met,
    place,
    summary,
    unseen_code,
    verdict_color,
    worker,
)

LONGEST_STACK = 8
LONGEST_SHORT_DETAIL = 8


class FailureRepr(TerminalRepr):
    """What a report with hazards has as its ``longrepr``.

    It has what pytest expects of the representation of an exception (``reprcrash`` for the short
    summary, ``reprtraceback``, ``sections``), so pytest-xdist can carry it, without colour.
    """

    def __init__(self, report: StressReport, causes: Causes | None = None) -> None:
        hazards = [cause.hazard for cause in causes_of([report])]
        if not hazards:
            raise ValueError(f"{report.nodeid} has no hazard to show")
        places = [*lines_met(hazards[0]), (report.nodeid.partition("::")[0], 1)]
        path, number = places[0]
        self.report = report
        self.reprcrash = ReprFileLocation(path, number, summary(hazards))
        self.sections: list[tuple[str, str, str]] = []
        self._causes = causes

    @property
    def reprtraceback(self) -> ReprTraceback:
        """The section as the lines of a foreign traceback, which is how xdist can carry it."""
        entry = ReprEntryNative(str(self).splitlines(keepends=True))
        return ReprTraceback([entry], None, style="native")

    def __str__(self) -> str:
        """Tell everything, as if there were no other test."""
        return plain(failure_lines(self.report, Page())) + "\n"

    def toterminal(self, tw: TerminalWriter) -> None:
        """Write the section in colour; what another test's section has told is only named."""
        write(failure_lines(self.report, Page.of(tw), self._causes), tw)


def failure_lines(report: StressReport, page: Page, causes: Causes | None = None) -> list[Line]:
    """Explain what a test shows, each cause in a section of its own; one that ``causes`` tell in
    another test's failure is named only.
    """
    if causes is None:
        causes = Causes()
        causes.add(report, has_section=True)
    found = causes.of(report.nodeid)
    errors = [cause for cause in found if cause.number]
    several = sum(bool(cause.number) for cause in causes.found) > 1
    lines: list[Line] = []
    for index, cause in enumerate(errors):
        lines += [line()] if lines else []
        elsewhere = causes.told_in(cause)
        if elsewhere not in ("", report.nodeid):
            lines += _reference(cause, report, elsewhere, page)
            continue
        is_several = several or len(cause.tests) > 1 or cause.has_other_keys
        title = _title(cause, report) if is_several else ""
        lines += _cause_lines(cause, page, full=not index, title=title)
    rest = [cause for cause in found if not cause.number and cause.hazard.accepted is None]
    for cause in rest:
        lines += [line()] if lines else []
        lines += _sentence(f"{cause.hazard.severity}: {headline(cause.hazard)}", page, "yellow")
    if unseen := unseen_code(report):
        lines += [line(), *_sentence(unseen, page)]
    return lines


def _title(cause: Cause, report: StressReport) -> str:
    text = f"Cause {cause.number}"
    if cause.has_other_keys:
        text += ", also at other keys"
    if len(cause.tests) > 1:
        text += f", in {count(len(cause.tests), 'test')}"
    other = cause.best.report
    return text if other.nodeid == report.nodeid else f"{text}; this is how {other.nodeid} shows it"


def _reference(cause: Cause, report: StressReport, nodeid: str, page: Page) -> list[Line]:
    """Name a cause that is told elsewhere, at the key at which this test shows it."""
    told = f"Cause {cause.number}, above: it is told in the failure of {nodeid}"
    own = (each.hazard for each in cause.sightings if each.report.nodeid == report.nodeid)
    hazard = next((each for each in own if each.kind == cause.hazard.kind), cause.hazard)
    return [*_sentence(headline(hazard), page, "red", "bold"), *_sentence(told, page)]


def _cause_lines(cause: Cause, page: Page, *, full: bool, title: str) -> list[Line]:
    """Explain a cause by its best evidence, with the cells of that test that show it."""
    best = cause.best
    same = [each for each in cause.sightings if each.report is best.report]
    rest = [each.hazard for each in same if each.says_nothing_new and each is not best]
    results = [each.result for each in same if each is best or not each.says_nothing_new]
    lines = hazard_lines(best.hazard, results, best.report, page, full=full, title=title)
    if rest:
        lines += [line(), line("Seen without an exact replay, too:")]
    for hazard in rest:
        text = f"{hazard.message}; {hazard.note}" if hazard.note else hazard.message
        lines += [line(each) for each in page.wrap(f"- {text}", "  ", "    ")]
    return lines


def hazard_lines(
    hazard: Hazard,
    results: Sequence[CellResult],
    report: StressReport,
    page: Page,
    *,
    full: bool = True,
    title: str = "",
) -> list[Line]:
    """Explain one hazard that the given cells of a report showed; ``title`` says which cause it is.

    Without ``full`` the verdict on the test and most of the detail stay away.
    """
    parts = [
        [*_sentence(headline(hazard), page, "red", "bold"), *_sentence(title, page)],
        [] if not hazard.location else _sentence(hazard.message, page),
        _sites(hazard, results[0], page),
        _interleaving(hazard, results[0], page),
        _states(hazard.states, results[0], page),
        _verdict(report, page) if full else [],
        _evidence(hazard, results, page),
        _again(hazard, results[0], report, page),
        _detail(hazard, page, full),
    ]
    lines: list[Line] = []
    for part in filter(None, parts):
        lines += [line(), *part] if lines else part
    return lines


def _sentence(text: str, page: Page, *markup: Markup) -> list[Line]:
    return [line(each, *markup) for each in page.wrap(text)]


def _sites(hazard: Hazard, result: CellResult, page: Page) -> list[Line]:
    """Show each source line once, with everybody who did something there."""
    uses = hazard.sites
    doers: dict[tuple[str, int], list[str]] = {}
    # Where no location is accused, all that is known is where the exception left the program.
    is_raised = not hazard.location and hazard.kind in (TEST_FAILURE, THREAD_EXCEPTION)
    for use in uses:
        doing = f"{worker(use.thread, result.cell.kind)} {VERBS[use.op]}"
        doing = "the exception comes from here" if is_raised else doing
        doers.setdefault((use.site.path, use.site.line), []).append(doing)
    lines: list[Line] = []
    sites = {(use.site.path, use.site.line): use.site for use in reversed(uses)}
    for key, doings in doers.items():
        who = ", ".join(dict.fromkeys(doings))
        lines.append(Line((Span(page.clean(place(sites[key])), ("bold",)), Span(f": {who}"))))
        if sites[key].source:
            lines.append(line("    " + page.cut(page.clean(sites[key].source), page.width - 4)))
    return lines


def _interleaving(hazard: Hazard, result: CellResult, page: Page) -> list[Line]:
    table = timeline_lines(hazard.timeline, page, kind=result.cell.kind)
    if not table:
        return []
    path = only_path(hazard.timeline)
    numbers = f"numbers are lines of {path}" if path else "with file and line"
    marks = "; > marks the steps that matter" if any(a.highlighted for a in hazard.timeline) else ""
    return [*_sentence(f"What ran, from top to bottom ({numbers}{marks}):", page), line(), *table]


def _states(states: Sequence[ThreadState], result: CellResult, page: Page) -> list[Line]:
    if not states:
        return []
    waiting = any(state.waits_for for state in states)
    noun = "process" if result.cell.in_processes else "thread"
    asked = "Who holds what, and waits for what:" if waiting else f"Where each {noun} stood:"
    return [line(asked), *(each for state in states for each in _state(state, result, page))]


def _state(state: ThreadState, result: CellResult, page: Page) -> Iterator[Line]:
    name = worker(state.thread, result.cell.kind)
    alias = f" ({page.clean(state.name)})" if state.name and state.name.lower() != name else ""
    doing = "" if state.waits_for else " was running"
    yield line(f"  {name}{alias}{doing}", "bold")
    if state.holds:
        yield from map(line, page.wrap(f"holds {', '.join(state.holds)}", "    ", "      "))
    if state.waits_for:
        for each in page.wrap(f"waits for {state.waits_for}", "    ", "      "):
            yield line(each, "red")
    stack = state.stack or ((state.site,) if state.site else ())
    # Paths of the project are relative; what lies around them is pytest's, and the same in each
    # test.
    frames = [site for site in stack if not Path(site.path).is_absolute()] or stack
    if left_out := len(frames[:-LONGEST_STACK]):
        yield line(f"    {page.ellipsis} {count(left_out, 'outer frame')} {page.ellipsis}", "light")
    for site in frames[-LONGEST_STACK:]:
        source = f": {site.source}" if site.source else ""
        yield line(page.cut(page.clean(f"    at {place(site)}{source}"), page.width))


def _verdict(report: StressReport, page: Page) -> list[Line]:
    verdict = report.isolation
    reason = verdict.reason[:1].upper() + verdict.reason[1:]
    text = f"With processes instead of threads: {verdict.verdict}. {reason}"
    return _sentence(text, page, verdict_color(verdict.verdict))


def _evidence(hazard: Hazard, results: Sequence[CellResult], page: Page) -> list[Line]:
    """Say where and how often it was seen, and what that means."""
    text = _seen(hazard, results[0])
    others = dict.fromkeys(each.cell.label for each in results[1:])
    others.pop(results[0].cell.label, None)
    if others:
        text += f" Also seen in: {', '.join(others)}."
    if hazard.gil == "reachable":
        text += " It can happen with the GIL."
    elif hazard.gil == "free-threaded-only":
        text += " It needs free-threaded Python."
    lines = _sentence(text, page)
    if hazard.severity != "error":
        lines += _sentence(f"Severity: {hazard.severity}.", page)
    return [*lines, *_sentence(f"Note: {hazard.note}" if hazard.note else "", page, "yellow")]


def _seen(hazard: Hazard, result: CellResult) -> str:
    cell = result.cell
    if cell.is_explored:
        threads = count(hazard.threads or cell.threads, "thread")
        if cell.in_processes:
            threads = count(cell.processes, "process")
        which = f"schedule {hazard.schedule_index} of {result.schedules or result.planned}"
        if not hazard.schedule_index:
            which = "a schedule whose number is not known"
        parts = [f"strategy {result.strategy}"] if result.strategy else []
        # Of an execution whose process did not come back that is not known.
        if hazard.states or hazard.kind not in (CRASH, TIMEOUT):
            parts.append(count(hazard.preemptions, "preemption"))
        how = f" ({', '.join(parts)})" if parts else ""
        return f"Found with {threads} in {which}{how}."
    rate = f"{hazard.failures} of {count(result.schedules or hazard.failures, 'run')}"
    if not hazard.schedule_index:
        rate = "a run whose number is not known"
    if _is_of_control(hazard, cell):
        return f"Found with {cell.processes} processes one after another."
    if cell.kind == "processes":
        control = " One after another they pass." if result.control == "clean" else ""
        return f"Found with {cell.processes} processes at once, in {rate}.{control}"
    if cell.kind == "free-running":
        return f"Found with {cell.threads} free-running threads, in {rate}."
    return f"Found in a serial run, in {rate}."


def _is_of_control(hazard: Hazard, cell: Cell) -> bool:
    """Whether it goes wrong without anything at once."""
    return hazard.kind == FORK_HAZARD and cell.kind == "processes" and not hazard.schedule_index


def _again(hazard: Hazard, result: CellResult, report: StressReport, page: Page) -> list[Line]:
    command = f"pytest {shlex.quote(report.selector or report.nodeid)}"
    if hazard.replay:
        asked = "To run exactly this interleaving again:"
        command += f" --concurrency-replay={shlex.quote(hazard.replay)}"
    else:
        is_certain = result.cell.is_explored or _is_of_control(hazard, result.cell)
        timing = "" if is_certain else "depends on real timing and "
        asked = f"It {timing}has no exact replay. To look for it again:"
        command += " --concurrency-stress"
    # Never cut and never wrapped: it is there to be copied.
    return [line(asked), line("    " + page.clean(command), "cyan")]


def _detail(hazard: Hazard, page: Page, full: bool) -> list[Line]:
    rows = [page.clean(row.expandtabs()) for row in hazard.detail.rstrip().splitlines()]
    left_out = 0 if full else len(rows[:-LONGEST_SHORT_DETAIL])
    skipped = f"{page.ellipsis} {count(left_out, 'line')} {page.ellipsis}"
    return [
        *([line("Details:")] if rows else []),
        *([line(skipped, "light")] if left_out else []),
        *(line(row) for row in rows[left_out:]),
    ]
