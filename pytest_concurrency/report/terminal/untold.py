"""What no row of the table shows: tests that were not stressed, or could not be judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from pytest_concurrency.model import StressReport
from pytest_concurrency.report.causes import Causes
from pytest_concurrency.report.page import Line, Markup, Page, line
from pytest_concurrency.report.wording import count

MOST_TESTS = 10
MOST_REASONS = 3


def sentence(text: str, page: Page, *markup: Markup) -> list[Line]:
    """Lay a sentence out, its second line indented."""
    return [line(each, *markup) for each in page.wrap(text, "", "    ")]


def not_stressed_lines(skipped: Iterable[StressReport], page: Page, verbosity: int) -> list[Line]:
    """Say why tests were not stressed: each when verbose, else how many for which reason.

    Those that are gated are left to ``not_judged_lines``.
    """
    others = [each for each in skipped if not each.not_judged]
    if verbosity:
        texts = [f"not stressed: {each.nodeid}: {_reason(each)}" for each in others]
        return [each for text in texts for each in sentence(text, page)]
    if not others:
        return []
    counted = Counter(map(_reason, others)).most_common()
    told = [f"{number} {reason}" for reason, number in counted[:MOST_REASONS]]
    rest = sum(number for _, number in counted[MOST_REASONS:])
    told += [f"{rest} for other reasons"] if rest else []
    return sentence(f"not stressed: {'; '.join(told)} (-v names them)", page)


def not_judged_lines(
    reports: Iterable[StressReport], page: Page, *, strict: bool, verbosity: int
) -> list[Line]:
    """Name the tests that could not be judged, with the reason; of those that were not stressed
    the gated ones.
    """
    unjudged = [each for each in reports if each.not_judged or is_doubtful(each)]
    shown = unjudged if verbosity else unjudged[:MOST_TESTS]
    texts = [f"could not be judged: {each.nodeid}: {each.doubt}" for each in shown]
    if rest := len(unjudged) - len(shown):
        texts.append(f"could not be judged: {count(rest, 'more test')} (-v names them)")
    strict = strict and any(each.not_judged for each in unjudged)
    if strict:
        texts.append("the run fails since not all could be judged (--concurrency-strict)")
    color: Markup = "red" if strict else "yellow"
    return [each for text in texts for each in sentence(text, page, color)]


def is_doubtful(report: StressReport) -> bool:
    """Whether a test was stressed, and could not be judged."""
    return report.outcome != "skipped" and bool(report.doubt)


def quiet_lines(causes: Causes, page: Page, *, strict: bool) -> list[Line]:
    """Say with ``-q`` what neither a failure nor the exit status says: hazards of tests that are
    not gated, and gated tests that could not be judged.
    """
    lines: list[Line] = []
    found = [cause for cause in causes.found if cause.number and not cause.is_gated]
    if found:
        told = count(len(found), "cause")
        tests = count(len({each.nodeid for cause in found for each in cause.tests}), "test")
        text = f"concurrency: {told} in {tests} not gated; -v shows {_them(told)}"
        lines += sentence(text, page, "yellow")
    unjudged = sum(bool(each.not_judged) for each in causes.reports)
    if unjudged:
        fails = "; the run fails (--concurrency-strict)" if strict else "; -v says why"
        text = f"concurrency: {count(unjudged, 'test')} could not be judged{fails}"
        lines += sentence(text, page, "red" if strict else "yellow")
    return lines


def _them(counted: str) -> str:
    return "it" if counted.startswith("1 ") else "them"


def _reason(report: StressReport) -> str:
    return report.reason or "no reason given"
