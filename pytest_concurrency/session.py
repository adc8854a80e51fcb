"""The plugin while stress is on: which tests are stressed, what is told about them, how the run ends."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_concurrency.instrument.scope import Scope
from pytest_concurrency.instrument.swap import Instrumentation
from pytest_concurrency.markers import NotStressed, check_markers, test_settings, unsafe_fixtures
from pytest_concurrency.model import Cell, StressReport
from pytest_concurrency.options import Options
from pytest_concurrency.report import json as json_report
from pytest_concurrency.report.environment import gil_enabled
from pytest_concurrency.report.failure import FailureRepr
from pytest_concurrency.report.junit import user_properties
from pytest_concurrency.report.page import Page, write
from pytest_concurrency.report.terminal import header_line, progress_text, summary_lines
from pytest_concurrency.report.wire import from_wire, to_wire
from pytest_concurrency.search.token import TokenError, decode, fingerprint
from pytest_concurrency.stress.paths import relative_to
from pytest_concurrency.stress.replayed import replay
from pytest_concurrency.stress.rerun import CALLER, call_through
from pytest_concurrency.stress.stress import Stress

_ATTRIBUTE = "concurrency_stress"
"""Where a test report carries the stress report: xdist hands it over."""


class HazardsFound(Exception):  # noqa: N818 - what a test "raises" when hazards fail it
    """Ends the call phase of a test in which hazards were found."""

    def __init__(self, report: StressReport) -> None:
        super().__init__(f"{len(report.hazards)} concurrency hazards")
        self.report = report


class StressSession:
    """Registered as a plugin when ``--concurrency-stress`` is given."""

    def __init__(self, config: pytest.Config, options: Options) -> None:
        self._config = config
        self._options = options
        self._reports: dict[str, StressReport] = {}
        self._current: StressReport | None = None
        self._instrumentation: Instrumentation | None = None
        self._token = None
        if options.replay:
            try:
                self._token = decode(options.replay)
            except TokenError as error:
                raise pytest.UsageError(str(error)) from None

    # -- before ---------------------------------------------------------------------------

    def pytest_report_header(self) -> str:
        """Say what the run will do."""
        if self._options.replay:
            return f"concurrency: replaying {self._options.replay}"
        return header_line(self._options.base, gil=gil_enabled())

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Check the markers before anything runs."""
        check_markers(items, self._options)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Check that a token meets its test."""
        if self._token is None or self._config.option.collectonly:
            return
        items = session.items
        if len(items) != 1:
            raise pytest.UsageError(
                f"--concurrency-replay replays one test, but {len(items)} are selected: "
                "name the test that the token was printed for"
            )
        if fingerprint(items[0].nodeid) != self._token.test:
            raise pytest.UsageError(
                f"replay token {self._options.replay!r} belongs to another test than "
                f"{items[0].nodeid}"
            )

    # -- one test -------------------------------------------------------------------------

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        """Stress the test before its ordinary run; in a child, put the cell's caller in."""
        if CALLER in item.stash:
            undo = call_through(item)
            try:
                return (yield)
            finally:
                undo()
        report = self._stress(item)
        self._current = report
        result = yield
        if report is not None and report.gated and report.hazards:
            raise HazardsFound(report)
        return result

    def _stress(self, item: pytest.Item) -> StressReport | None:
        decision = test_settings(item, self._options)
        if isinstance(decision, NotStressed):
            if not decision.selected:
                return None
            return StressReport(item.nodeid, False, "skipped", reason=decision.reason)
        assert isinstance(item, pytest.Function)
        if self._instrumentation is None:
            self._instrumentation = Instrumentation(self._scope())
        seed = decision.settings.seed
        stress = Stress(
            item,
            self._instrumentation,
            decision.settings,
            decision.gated,
            f"{seed}:{item.nodeid}" if seed else item.nodeid,
            unsafe_fixtures(item),
            self._progress(item),
        )
        _cancel_timeout(item)
        if self._token is not None:
            report = replay(stress, self._token)
        else:
            report = stress.run()
        self._clear_progress()
        report = relative_to(report, self._config.rootpath)
        self._config.hook.pytest_concurrency_stressed(item=item, report=report)
        return report

    def _scope(self) -> Scope:
        return Scope(
            [self._config.rootpath], [*self._options.base.source, *_coverage_source(self._config)]
        )

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Iterator[None]:
        """Attach what stressing found to the report of the call phase."""
        report: Any = yield
        stress_report = self._current
        if call.when != "call" or stress_report is None or stress_report.nodeid != item.nodeid:
            return report
        self._current = None
        if report.failed and not (
            call.excinfo is not None and isinstance(call.excinfo.value, HazardsFound)
        ):
            stress_report = replace(stress_report, outcome="failed")
        elif report.failed:
            report.longrepr = FailureRepr(stress_report)
        setattr(report, _ATTRIBUTE, to_wire(stress_report))
        item.user_properties.extend(user_properties(stress_report))
        report.user_properties = list(item.user_properties)
        return report

    # -- after ----------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Collect, in the controller, what the tests' reports carry."""
        data = getattr(report, _ATTRIBUTE, None)
        if data is not None:
            stress_report = from_wire(data)
            self._reports[stress_report.nodeid] = stress_report

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Write the JSON report and tell other plugins, in the controller only."""
        if hasattr(self._config, "workerinput"):
            return
        reports = list(self._reports.values())
        if self._options.json_path is not None:
            document = json_report.build_document(reports, seed=self._options.base.seed)
            json_report.write(self._options.json_path, document)
        self._config.hook.pytest_concurrency_report(config=self._config, reports=reports)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Sum up."""
        writer = terminalreporter._tw
        lines = summary_lines(
            self._reports.values(),
            Page.of(writer),
            verbosity=self._config.get_verbosity(),
            seed=self._options.base.seed,
        )
        if lines:
            terminalreporter.section("concurrency", sep="=")
            write(lines, writer)

    # -- progress -------------------------------------------------------------------------

    def _progress(self, item: pytest.Item) -> Callable[[Cell, str], None]:
        reporter: Any = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is None or not reporter.isatty or self._config.get_verbosity() < 0:
            return lambda cell, text: None
        page = Page.of(reporter._tw)

        def show(cell: Cell, text: str) -> None:
            done, _, planned = text.partition("/")
            numbers = (int(done), int(planned)) if done.isdigit() and planned.isdigit() else (0, 0)
            line = progress_text(item.nodeid, cell, *numbers, page)
            self._shown = True
            sys.__stderr__.write(f"\r\x1b[K{line}")  # type: ignore[union-attr]
            sys.__stderr__.flush()  # type: ignore[union-attr]

        return show

    _shown = False

    def _clear_progress(self) -> None:
        if self._shown:
            self._shown = False
            sys.__stderr__.write("\r\x1b[K")  # type: ignore[union-attr]
            sys.__stderr__.flush()  # type: ignore[union-attr]


def _cancel_timeout(item: pytest.Item) -> None:
    """Stressing has its own deadlines: pytest-timeout's is meant for the ordinary run."""
    hook = getattr(item.ihook, "pytest_timeout_cancel_timer", None)
    if hook is not None:
        with suppress(Exception):
            hook(item=item)


def _coverage_source(config: pytest.Config) -> list[str]:
    """Return the packages and folders that coverage measures, if it is configured."""
    import coverage

    measuring = coverage.Coverage.current()
    if measuring is None:
        return []
    source = measuring.get_option("run:source")
    if not isinstance(source, list):
        return []
    return [str(entry) for entry in source if not (config.rootpath / str(entry)) == Path()]
