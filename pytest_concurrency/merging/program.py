"""The command that makes one report of several: the failures, the summary, the document."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from pytest_concurrency._pytest_compat import TerminalWriter
from pytest_concurrency.merging.reports import merged_reports, merged_session
from pytest_concurrency.model import StressReport
from pytest_concurrency.report.causes import Causes
from pytest_concurrency.report.failure import failure_lines
from pytest_concurrency.report.json import build_document, write
from pytest_concurrency.report.page import Line, Page, line
from pytest_concurrency.report.page import write as write_lines
from pytest_concurrency.report.reading import read
from pytest_concurrency.report.terminal.summary import summary_lines

_WRONG_INPUT = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("reports", nargs="+", metavar="REPORT.json", help="what to merge")
    parser.add_argument(
        "-o", "--output", metavar="PATH", help="write the merged report to this file"
    )
    parser.add_argument(
        "--strict", action="store_true", help="fail if a test that counts could not be judged"
    )
    parser.add_argument("-v", "--verbose", action="count", default=0, help="tell more")


def run(options: argparse.Namespace) -> int:
    """Merge and tell; 1 if a hazard was found that fails the run, 2 if nothing can be merged."""
    try:
        documents = [read(name) for name in options.reports]
        session = merged_session(documents)
        reports = merged_reports(documents)
    except ValueError as error:
        return _refused(error)
    causes = Causes()
    for report in reports:
        causes.add(report, has_section=_fails(report))
    if options.output:
        try:
            write(Path(options.output), build_document(causes, session))
        except OSError as error:
            return _refused(f"{options.output}: {error.strerror}")
    writer = TerminalWriter(sys.stdout)
    write_lines(_lines(causes, Page.of(writer), options), writer)
    unjudged = options.strict and any(report.not_judged for report in reports)
    return int(unjudged or any(map(_fails, reports)))


def _refused(why: object) -> int:
    sys.stderr.write(f"pytest-concurrency merge: {why}\n")
    return _WRONG_INPUT


def _fails(report: StressReport) -> bool:
    return report.gated and report.has_errors


def _lines(causes: Causes, page: Page, options: argparse.Namespace) -> Iterator[Line]:
    for report in filter(_fails, causes.reports):
        yield line(f" {page.clean(report.nodeid)} ".center(page.width, "_"), "red", "bold")
        yield from failure_lines(report, page, causes)
        yield line()
    yield from summary_lines(causes, page, verbosity=options.verbose, strict=options.strict)
