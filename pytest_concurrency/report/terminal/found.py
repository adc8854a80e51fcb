"""The causes of a session, a line each; a failure's section tells them in full."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from pytest_concurrency.kinds import KINDS
from pytest_concurrency.report.causes import Cause, Causes
from pytest_concurrency.report.failure import hazard_lines
from pytest_concurrency.report.page import Line, Page, Span, line
from pytest_concurrency.report.wording import count, headline

MOST_CAUSES = 25
MOST_REMARKS = 5


def cause_lines(causes: Causes, page: Page) -> Iterator[Line]:
    """Name the causes, with the replay where no failure section has it."""
    errors = [cause for cause in causes.found if cause.number]
    for cause in errors[:MOST_CAUSES]:
        gate = "" if cause.is_gated else " [does not fail the run]"
        text = f"cause {cause.number}: {_told(cause)}{gate}"
        for each in page.wrap(text, "", "    "):
            yield line(each, "red")
        best = cause.best
        if best.hazard.replay and not causes.told_in(cause):
            test = shlex.quote(best.report.selector or best.report.nodeid)
            command = f"pytest {test} --concurrency-replay={shlex.quote(best.hazard.replay)}"
            yield line("    " + page.clean(command), "cyan")
    if (more := len(errors) - MOST_CAUSES) > 0:
        yield line(f"and {count(more, 'more cause')}", "red")


def remark_lines(causes: Causes, page: Page, verbosity: int) -> Iterator[Line]:
    """Name what is no error, a line each: warnings, then notes; with the evidence when verbose."""
    for severity in ("warning", "note"):
        found = [
            cause
            for cause in causes.found
            if cause.hazard.severity == severity
            and cause.hazard.accepted is None
            and (verbosity or not (severity == "note" and KINDS[cause.hazard.kind].is_quiet))
        ]
        shown = found if verbosity else found[:MOST_REMARKS]
        for cause in shown:
            for text in page.wrap(f"{severity}: {_told(cause)}", "", "    "):
                yield line(text, "yellow")
            if verbosity:
                yield from _evidence(cause, page)
        if more := len(found) - len(shown):
            yield line(f"{severity}: {more} more (-v names them)", "yellow")


def _told(cause: Cause) -> str:
    several = len(cause.tests) > 1
    where = ", also at other keys" if cause.has_other_keys else ""
    where += f", in {count(len(cause.tests), 'test')}" if several else ""
    return headline(cause.hazard, short=True) + where


def _evidence(cause: Cause, page: Page) -> Iterator[Line]:
    best = cause.best
    inner = Page(max(page.width - 4, 1), page.encoding)
    for each in hazard_lines(best.hazard, [best.result], best.report, inner, full=False):
        yield Line((Span("    "), *each.spans))
