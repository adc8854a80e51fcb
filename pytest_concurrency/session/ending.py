"""How a stressed session ends: its files, its exit status, its summary."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import pytest

from pytest_concurrency._pytest_compat import writer_of
from pytest_concurrency.costs.figures import (
    Figures,
    completed,
    from_json,
    measured_apart,
    to_json,
)
from pytest_concurrency.model import StressReport
from pytest_concurrency.report import json as json_report
from pytest_concurrency.report.causes import Causes
from pytest_concurrency.report.failure import FailureRepr
from pytest_concurrency.report.page import Line, Page, line, write
from pytest_concurrency.report.terminal.accepted import accepted_lines, unused_lines, vanished_lines
from pytest_concurrency.report.terminal.summary import summary_lines
from pytest_concurrency.report.terminal.untold import sentence
from pytest_concurrency.session.acceptance import Acceptance
from pytest_concurrency.session.mistakes import Mistakes
from pytest_concurrency.settings.options import Options

_FIGURES = "concurrency/costs"
"""Where they are kept in the cache, for each interpreter."""
_VERBOSE_ENOUGH = 2
"""For the second that it takes to measure this machine."""


def tells_costs(config: pytest.Config, options: Options) -> bool:
    """Whether anybody is told what threads and processes cost."""
    return config.get_verbosity() > 0 or options.json_path is not None


class Ending:
    """What the tests' reports come to, in the controller."""

    def __init__(
        self, config: pytest.Config, options: Options, acceptance: Acceptance, mistakes: Mistakes
    ) -> None:
        self._config = config
        self._options = options
        self._acceptance = acceptance
        self._mistakes = mistakes
        self._causes = Causes()

    def add(self, report: StressReport, shown: pytest.TestReport | None = None) -> None:
        """Take the report of a test, and what pytest shows of it; hazards that fail it are told
        there, as far as no other test's failure tells them.
        """
        if report.costs is not None:
            report = replace(report, costs=completed(report.costs, self._figures))
        has_section = shown is not None and shown.failed and report.gated and report.has_errors
        self._causes.add(report, has_section=has_section)
        if shown is not None and has_section:
            section = self._mistakes.attempt(partial(self._section, report))
            if section is not None:
                shown.longrepr = section

    @cached_property
    def _figures(self) -> Figures | None:
        """What this machine takes, as far as it is known: measured once, if one wants to know much,
        and kept in the cache."""
        cache = getattr(self._config, "cache", None)
        key = f"{_FIGURES}/{sys.implementation.cache_tag}"
        with suppress(ValueError):
            return from_json(None if cache is None else cache.get(key, None))
        if self._config.get_verbosity() < _VERBOSE_ENOUGH:
            return None
        figures = measured_apart()
        if cache is not None and figures is not None:
            cache.set(key, to_json(figures))
        return figures

    def _section(self, report: StressReport) -> FailureRepr:
        section = FailureRepr(report, self._causes)
        assert str(section)  # what cannot be shown is found out here, where it costs no session
        return section

    def finish(self, session: pytest.Session) -> None:
        """Write the files, tell other plugins, and gate."""
        reports = self._causes.reports
        path = self._options.json_path
        if path is not None:
            self._written("the report", partial(self._write_json, path))
        self._written("the baseline", partial(self._acceptance.write, reports))
        self._config.hook.pytest_concurrency_report(config=self._config, reports=reports)
        unjudged = any(report.not_judged for report in reports)
        if self._options.strict and unjudged and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _write_json(self, path: Path) -> None:
        number, of = self._options.base.shard
        session = json_report.Session(self._options.base.seed, shards=(number,), of=of)
        document = json_report.build_document(self._causes, session)
        json_report.write(path, document)

    def _written(self, what: str, write_it: Callable[[], None]) -> None:
        def attempted() -> None:
            try:
                write_it()
            except OSError as error:
                self._mistakes.problems.append(f"{what} cannot be written: {error}")

        self._mistakes.attempt(attempted)

    def sum_up(self, terminalreporter: Any) -> None:
        """Write the summary."""
        writer = writer_of(terminalreporter)
        lines = self._mistakes.attempt(partial(self._lines, Page.of(writer)))
        if lines is None:
            lines = [line(problem, "yellow") for problem in self._mistakes.problems]
        if not lines:
            return
        if self._config.get_verbosity() >= 0:
            terminalreporter.section("concurrency", sep="=")
        else:
            terminalreporter.ensure_newline()
        write(lines, writer)

    def _lines(self, page: Page) -> list[Line]:
        verbosity = self._config.get_verbosity()
        baseline = self._acceptance.baseline
        return summary_lines(
            self._causes,
            page,
            verbosity=verbosity,
            strict=self._options.strict,
            problems=self._mistakes.problems,
            acceptance=self._told(page, verbosity),
            baseline="" if baseline is None else baseline.name,
        )

    def _told(self, page: Page, verbosity: int) -> list[Line]:
        """Say what is accepted, and of the baseline what is not found any more."""
        reports, acceptance = self._causes.reports, self._acceptance
        lines: list[Line] = []
        if verbosity > 0:
            lines += accepted_lines(self._causes, page)
            lines += unused_lines(acceptance.unused(reports), page)
        baseline = acceptance.baseline
        if baseline is None or verbosity < 0:
            return lines
        if baseline.is_updated:
            return [*lines, *sentence(f"known hazards are in {baseline.name} now", page)]
        names = [place.headline for place in acceptance.vanished(reports)]
        return [*lines, *vanished_lines(names, baseline.name, page, verbosity)]
