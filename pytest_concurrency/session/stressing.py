"""The plugin while stress is on: which tests are stressed, what is told about them, how the run
ends.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from dataclasses import replace
from functools import partial
from typing import Any, NoReturn

import pytest

from pytest_concurrency import real_time as time
from pytest_concurrency._compat import gil_enabled
from pytest_concurrency.model import StressReport
from pytest_concurrency.report.failure import FailureRepr
from pytest_concurrency.report.junit import user_properties
from pytest_concurrency.report.paths import relative_to, seen_from
from pytest_concurrency.report.terminal.header import header_line
from pytest_concurrency.report.terminal.progress import ProgressLine
from pytest_concurrency.report.wire import from_wire, to_wire
from pytest_concurrency.search.saved import SavedFailures
from pytest_concurrency.search.token import Token, TokenError, decode
from pytest_concurrency.session.acceptance import Acceptance
from pytest_concurrency.session.ending import Ending, tells_costs
from pytest_concurrency.session.expected import believe_xfail
from pytest_concurrency.session.mistakes import Mistakes
from pytest_concurrency.session.selection import check_named
from pytest_concurrency.settings.markers import (
    NotStressed,
    Stressed,
    check_markers,
    test_settings,
    unsafe_fixtures,
)
from pytest_concurrency.settings.options import Options
from pytest_concurrency.settings.shards import seed_of, share_of
from pytest_concurrency.stress.children.child import Interrupted
from pytest_concurrency.stress.children.in_child import describe_exception, in_one_line
from pytest_concurrency.stress.children.termination import termination_interrupts
from pytest_concurrency.stress.code_under_test import CodeUnderTest
from pytest_concurrency.stress.control.alone import INTERNAL
from pytest_concurrency.stress.item.host import Host, InChild, InSameProcess
from pytest_concurrency.stress.item.pytest_timeout import note_timer, paused
from pytest_concurrency.stress.item.rerun import CALLER, forgive_teardown
from pytest_concurrency.stress.item.setup_state import failing, with_body
from pytest_concurrency.stress.processes.fork_server import FORK_SERVERS
from pytest_concurrency.stress.replay import replay
from pytest_concurrency.stress.run import Stress
from pytest_concurrency.stress.unchecked import (
    is_error,
    is_error_with_gil,
    without_free_threaded_only,
)

_ATTRIBUTE = "concurrency_stress"
"""Where a test report carries the stress report: xdist hands it over."""


class HazardsFound(Exception):  # noqa: N818 - what a test "raises" when hazards fail it
    """Ends the call phase of a test in which hazards were found."""

    def __init__(self, report: StressReport) -> None:
        super().__init__(f"{len(report.hazards)} concurrency hazards")
        self.report = report


_REPORT = pytest.StashKey[StressReport]()
_HAS_NOT_RUN = pytest.StashKey[bool]()
"""Set on an item whose body was not run because of hazards."""


def _raise(problem: Exception) -> NoReturn:
    raise problem


class StressSession:
    """Registered as a plugin when ``--concurrency-stress`` is given."""

    def __init__(self, config: pytest.Config, options: Options) -> None:
        self._config = config
        self._options = options
        self._current: StressReport | None = None
        self._code = CodeUnderTest(config, options)
        self._token: Token | None = None
        self._mistakes = Mistakes(config, options)
        self._acceptance = Acceptance(config, options)
        self._ending = Ending(config, options, self._acceptance, self._mistakes)
        self._in_child = hasattr(os, "fork") and not config.getoption("usepdb", False)

    # -- before ---------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Refuse a damaged token, and a neighbour that does the same, before anything is
        collected.
        """
        if str(self._config.getoption("parallel_threads", 1)) != "1":
            raise pytest.UsageError(
                "--parallel-threads and --concurrency-stress both run tests in threads: "
                "give one of them"
            )
        self._progress = ProgressLine(self._config)  # now that there is a terminal reporter
        if self._options.replay:
            try:
                self._token = decode(self._options.replay)
            except TokenError as error:
                raise pytest.UsageError(str(error)) from None

    def pytest_report_header(self) -> str:
        """Say what the run will do."""
        if self._options.replay:
            return f"concurrency: replaying {self._options.replay}"
        return header_line(self._options.base, gil=gil_enabled())

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(
        self, items: list[pytest.Item]
    ) -> Generator[None, object, object]:
        """Note which tests there are, and check the markers before anything runs."""
        everything = [item.nodeid for item in items]
        result = yield
        check_markers(items, self._options)
        self._acceptance.note_collected(everything, [item.nodeid for item in items])
        return result

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Check that what was named is there: packages, and a token's test."""
        check_named(session, self._options, self._token)

    def pytest_unconfigure(self) -> None:
        """Leave no process behind."""
        FORK_SERVERS.end()

    # -- one test -------------------------------------------------------------------------

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Stress the test around its ordinary run; in a cell, put the cell's caller in."""
        if CALLER in item.stash:
            with with_body(item, item.stash[CALLER]):
                return (yield)
        decision = test_settings(item, self._options)
        if isinstance(decision, NotStressed):
            if decision.selected:
                self._current = StressReport(
                    item.nodeid, decision.gated, "skipped", reason=decision.reason
                )
            return (yield)
        if self._in_child:
            item.stash[_HAS_NOT_RUN] = True
            try:
                with termination_interrupts():
                    self._stress_once(item, decision, InChild(self._config))
            except Interrupted as stop:
                self._tell_so_far(item, stop.report)
                raise KeyboardInterrupt from None
            except (HazardsFound, pytest.fail.Exception) as error:
                problem = error
            else:
                item.stash[_HAS_NOT_RUN] = False
                try:
                    return (yield)
                except KeyboardInterrupt:
                    self._tell_so_far(item, self._current)
                    raise
            with failing(item, problem):
                return (yield)
        result = yield
        assert isinstance(item, pytest.Function)
        self._stress_once(item, decision, InSameProcess(item))
        return result

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, object, object]:
        """Tear down what only a body that was not run needed; what it complains of is no news."""
        if item.stash.get(_HAS_NOT_RUN, False) and CALLER not in item.stash:
            forgive_teardown(item)
        return (yield)

    def _stress_once(self, item: pytest.Item, decision: Stressed, host: Host) -> None:
        """Stress the item and judge; only judge when pytest-rerunfailures comes here again.

        A test with hazards has failed. It is not run as usual then: what deadlocks would do so
        here, too.
        """
        if _REPORT not in item.stash:
            item.stash[_REPORT] = self._stress(item, decision, host)
        report = self._current = item.stash[_REPORT]
        if report.gated and report.has_errors:
            traceback = host.error.__traceback__ if host.error is not None else None
            raise HazardsFound(report).with_traceback(traceback)
        if report.outcome == "failed" and not report.has_errors:
            pytest.fail(report.reason, pytrace=False)

    def _tell_so_far(self, item: pytest.Item, report: StressReport | None) -> None:
        """Tell, before the session ends, what was found in a test that was interrupted."""
        if report is None or not report.hazards:
            return
        self._current = report = self._for_people(report, item)
        if report.gated and report.has_errors:
            problem = HazardsFound(report)
            call = pytest.CallInfo.from_call(partial(_raise, problem), when="call")
            told = item.ihook.pytest_runtest_makereport(item=item, call=call)
            item.ihook.pytest_runtest_logreport(report=told)
        else:
            self._ending.add(report)

    def _stress(self, item: pytest.Item, decision: Stressed, host: Host) -> StressReport:
        """Run the cells; a mistake of ours on the way is told, and the test runs as usual."""
        try:
            report = self._stressed(item, decision, host)
        except (pytest.exit.Exception, pytest.UsageError):
            raise
        except Exception as error:
            host.mistakes.append(describe_exception(error))
            reason = INTERNAL + in_one_line(error)
            report = StressReport(item.nodeid, decision.gated, "skipped", reason=reason)
        told = self._mistakes.note(host.mistakes, item.nodeid, report.seed)
        report = self._for_people(replace(report, problems=(*report.problems, *told)), item)
        self._config.hook.pytest_concurrency_stressed(item=item, report=report)
        return report

    def _for_people(self, report: StressReport, item: pytest.Item) -> StressReport:
        return replace(
            relative_to(report, self._config.rootpath),
            selector=seen_from(
                self._config.invocation_params.dir, item.nodeid, self._config.rootpath
            ),
        )

    def _stressed(self, item: pytest.Item, decision: Stressed, host: Host) -> StressReport:
        assert isinstance(item, pytest.Function)
        began = time.monotonic()
        found = self._code.survey(item, decision.settings.time, host)
        spent = time.monotonic() - began
        settings = share_of(decision.settings)
        seed = f"{settings.seed}:{item.nodeid}" if settings.seed else item.nodeid
        saved, problems = self._saved()
        stress = Stress(
            item,
            self._code.instrumentation(found.added),
            settings,
            decision.gated,
            seed_of(seed, settings),
            host,
            unsafe_fixtures(item),
            saved,
            self._progress.of(item.nodeid),
            found,
            spent,
            self._acceptance.of(settings, item.nodeid),
            is_error_with_gil if self._options.gil_only else is_error,
            tells_costs(self._config, self._options),
        )
        with paused(item):
            try:
                report = replay(stress, self._token) if self._token else stress.run()
                if self._options.gil_only:
                    report = without_free_threaded_only(report)
            finally:
                self._progress.clear()
        return replace(report, problems=(*problems, *report.problems))

    @pytest.hookimpl(optionalhook=True, tryfirst=True)
    def pytest_timeout_set_timer(self, item: pytest.Item, settings: Any) -> bool | None:
        """Keep pytest-timeout's timers away from cells, which have deadlines of their own."""
        return note_timer(item, settings)

    def _saved(self) -> tuple[SavedFailures, tuple[str, ...]]:
        """Return where failing schedules are kept (nowhere with ``-p no:cacheprovider``), and what
        is wrong with that place.
        """
        cache = getattr(self._config, "cache", None)
        if cache is None:
            return SavedFailures(None), ()
        try:
            return SavedFailures(cache.mkdir("concurrency")), ()
        except OSError as error:
            folder = self._config.getini("cache_dir")
            problem = f"failing schedules are not saved in {folder}: {error.strerror}"
            return SavedFailures(None), (problem,)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Attach what stressing found to the report of the call phase."""
        report = yield
        stress_report = self._current
        if call.when != "call" or stress_report is None or CALLER in item.stash:
            return report
        self._current = None
        if report.failed:
            if call.excinfo is not None and isinstance(call.excinfo.value, HazardsFound):
                report.longrepr = self._representation(stress_report)
                believe_xfail(item, report, stress_report)
            stress_report = replace(stress_report, outcome="failed")
        if report.skipped:  # there is nothing that anybody expects to be judged
            stress_report = replace(stress_report, gated=False)
        data = self._mistakes.attempt(partial(to_wire, stress_report), item.nodeid)
        setattr(report, _ATTRIBUTE, data)
        item.user_properties.extend(user_properties(stress_report))
        report.user_properties = list(item.user_properties)
        return report

    def _representation(self, report: StressReport) -> FailureRepr | str:
        shown = self._mistakes.attempt(partial(FailureRepr, report), report.nodeid)
        if shown is not None and self._mistakes.attempt(lambda: bool(str(shown))):
            return shown
        return "\n".join(hazard.message for hazard in report.hazards)

    # -- after ----------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Collect, in the controller, what the tests' reports carry."""
        data = getattr(report, _ATTRIBUTE, None)
        if data is not None:
            self._ending.add(from_wire(data), report)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """End the session; a worker of xdist leaves that to its controller."""
        if hasattr(self._config, "workerinput"):
            self._acceptance.hand_over()
        else:
            self._ending.finish(session)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take what a worker of xdist hands over, in the controller."""
        self._acceptance.take(getattr(node, "workeroutput", {}))

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Sum up."""
        self._ending.sum_up(terminalreporter)
