"""The last line of a summary: how many tests are in which state."""

from __future__ import annotations

from collections import Counter
from typing import Literal

from pytest_concurrency.model import Hazard, StressReport
from pytest_concurrency.report.causes import Causes
from pytest_concurrency.report.page import Line, Markup, Page, Span, columns, line
from pytest_concurrency.report.wording import count

State = Literal["found", "known", "failed", "not judged", "breaks", "clean"]
_LONG_SECONDS = 10


def state_of(report: StressReport, baseline: str = "") -> State:
    """Say what is known of a stressed test; ``known``: it shows what is in the baseline."""
    if report.has_errors:
        return "found"
    if report.outcome == "failed":
        return "failed"
    if any(_is_known(hazard, baseline) for hazard in report.hazards):
        return "known"
    if report.doubt:
        return "not judged"
    return "breaks" if report.isolation.verdict == "breaks" else "clean"


def _is_known(hazard: Hazard, baseline: str) -> bool:
    accepted = hazard.accepted
    return bool(baseline) and accepted is not None and accepted.by == baseline


def totals(causes: Causes, page: Page, *, baseline: str = "") -> list[Line]:
    """Say how many tests were stressed, how many causes they show, and what the others are."""
    stressed = [each for each in causes.reports if each.outcome != "skipped"]
    states = [state_of(each, baseline) for each in stressed]
    number = Counter(states)
    clean = [each for each, state in zip(stressed, states, strict=True) if state == "clean"]
    new = sum(bool(cause.number) for cause in causes.found)
    known = sum(_is_known(cause.hazard, baseline) for cause in causes.found)
    found = ""
    if new or known:
        tests = count(number["found"] + number["known"], "test")
        found = f"{count(new + known, 'cause')} in {tests}"
        found += f" ({new} new)" if baseline else ""
    complete = sum(map(_is_complete, clean))
    every = f" ({complete} every interleaving)" if complete else ""
    seconds = sum(each.seconds for each in stressed)
    skipped = [each for each in causes.reports if each.outcome == "skipped"]
    unjudged = number["not judged"] + sum(bool(each.not_judged) for each in skipped)
    others = sum(not each.not_judged for each in skipped)
    parts: list[tuple[str, tuple[Markup, ...]]] = [
        (found, ("red", "bold") if new else ("yellow",)),
        (f"{number['clean']} clean{every}" if clean else "", ("green",)),
        (f"{number['breaks']} broken by processes" if number["breaks"] else "", ("red",)),
        (f"{number['failed']} failed" if number["failed"] else "", ("red",)),
        (f"{unjudged} not judged" if unjudged else "", ("yellow",)),
        (f"{others} not stressed" if others else "", ()),
        (f"{seconds:.{0 if seconds >= _LONG_SECONDS else 1}f} s" if stressed else "", ()),
    ]
    told = [part for part in parts if part[0]]
    head = f"{count(len(stressed), 'test')} stressed: "
    text = head + ", ".join(part for part, _ in told)
    if columns(text) > page.width:
        color: Markup = "red" if new else "yellow" if unjudged else "green"
        return [line(each, color) for each in page.wrap(text, "", "    ")]
    spans = [Span(head)]
    for index, (part, markup) in enumerate(told):
        spans += [Span(", " if index else ""), Span(part, markup)]
    return [Line(tuple(spans))]


def _is_complete(report: StressReport) -> bool:
    """Whether every interleaving was run, with each number of threads."""
    explored = [each for each in report.cells if each.cell.kind == "explored"]
    left_out = any(e.cell.kind == "explored" and not e.is_same for e in report.not_run)
    return bool(explored) and not left_out and all(each.has_everything for each in explored)
