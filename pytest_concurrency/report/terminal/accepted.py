"""What is told of hazards that are accepted, and of what accepts none any more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pytest_concurrency.report.causes import Causes
from pytest_concurrency.report.page import Line, Page
from pytest_concurrency.report.terminal.untold import sentence
from pytest_concurrency.report.wording import count, headline

MOST_VANISHED = 10


def accepted_lines(causes: Causes, page: Page) -> Iterator[Line]:
    """Name what is accepted, each cause once, with the reason."""
    for cause in causes.found:
        accepted, tests = cause.hazard.accepted, cause.tests
        if accepted is not None:
            where = tests[0].nodeid if len(tests) == 1 else count(len(tests), "test")
            text = f"{headline(cause.hazard, short=True)} in {where}: {accepted.reason}"
            yield from sentence(f"accepted: {text}", page, "light")


def unused_lines(patterns: Iterable[str], page: Page) -> Iterator[Line]:
    """Name the patterns that no hazard was like."""
    for text in patterns:
        yield from sentence(f"accepts nothing that was found: {text}", page, "yellow")


def vanished_lines(
    headlines: Sequence[str], baseline: str, page: Page, verbosity: int
) -> Iterator[Line]:
    """Name what is in the baseline and was not found any more."""
    shown = headlines if verbosity > 0 else headlines[:MOST_VANISHED]
    for text in shown:
        yield from sentence(f"not found any more: {text}", page, "green")
    if rest := len(headlines) - len(shown):
        yield from sentence(f"not found any more: {rest} others (-v names them)", page, "green")
    if headlines:
        told = f"--concurrency-update-baseline takes that out of {baseline}"
        yield from sentence(told, page)
