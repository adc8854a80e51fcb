"""Running one pytest item again: fresh function fixtures, and somebody else's way to call its body.

To be used in a child process, or with the item set aside: it goes through pytest's own set-up, call
and teardown, without logging the results to the session.
"""

from __future__ import annotations

import copy
import linecache
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pytest_concurrency._pytest_compat import (
    DEBUGGER,
    failure_in_brief,
    file_of,
    runtestprotocol,
    setup_entry,
    terminal_reporter,
    write_to,
    writer_of,
)
from pytest_concurrency.model import Site
from pytest_concurrency.runtime.system.chains import is_long
from pytest_concurrency.stress.children.in_child import is_child
from pytest_concurrency.stress.item.outcomes import CopyOutcome, CopyStatus, outcome_of
from pytest_concurrency.stress.item.own_fixtures import (
    Prepared,
    run_with_own_fixtures,
    with_own_instance,
)
from pytest_concurrency.stress.item.setup_state import forget_setup, freshen, hold_setup

Caller = Callable[[Callable[..., Any], dict[str, Any]], Any]
"""Calls the test function with its arguments: once, in copies, under a scheduler ..."""

CALLER = pytest.StashKey[Caller]()
"""Set on an item while it is run again."""
SUBTESTS = "concurrency-subtests"
"""The name of the plugin that is told of subtests while an item is run again."""
LAST_ERROR = pytest.StashKey[Any]()
"""What the body raised when the item was last run again."""


class _StandIn(Exception):  # noqa: N818 - stands for what the program raised
    """Keeps pytest from ending its session, and from formatting thousands of exceptions."""


_modules: dict[str, ModuleType] = {}


def loaded_modules() -> dict[str, ModuleType]:
    """Return what ``sys.modules`` holds; to be called before a fork, too: a child that makes the
    copy itself, or only compares, writes to every module, and so to the memory that it shares with
    its parent.
    """
    if not is_child() or len(_modules) != len(sys.modules):
        _modules.clear()
        _modules.update(sys.modules)
    return _modules


class Rerun:
    """The ability to run ``item`` again and again."""

    def __init__(self, item: pytest.Function) -> None:
        self._item = item
        self._error: BaseException | None = None
        self._parameters = copy.copy(item.callspec.params) if hasattr(item, "callspec") else {}
        self._modules = loaded_modules()
        if is_child():
            hold_setup(item)
        forget_setup(item)
        _silence(item.config)
        self._subtests = _subtests_of(item.config)

    def run(self, caller: Caller) -> CopyOutcome:
        """Set up, let ``caller`` call the body, tear down; say how it went in the main thread."""
        item = self._item
        self._error = None
        self._subtests.failed.clear()
        called: Caller = partial(self._call, caller)
        item.stash[CALLER] = called
        freshen(item, self._parameters)
        try:
            parent: Any = item.parent  # anything wider than the item stays set up
            with failure_in_brief(item, lambda: is_child() and self._error is not None):
                reports = runtestprotocol(item, log=False, nextitem=parent)
        except (KeyboardInterrupt, pytest.exit.Exception) as error:  # of a fixture
            if not is_child():
                raise
            return outcome_of(0, error, phase="setup")
        finally:
            del item.stash[CALLER]
            item.stash[LAST_ERROR] = self._error
        if isinstance(self._error, KeyboardInterrupt) and not is_child():
            raise self._error  # with --pdb, pytest has made a failure of it
        return self._judge(reports)

    def prepare_copies(
        self,
        function: Callable[..., Any],
        kwargs: dict[str, Any],
        count: int,
        run: Callable[[Sequence[Prepared]], None],
        *,
        own_fixtures: bool,
        processes: bool = False,
    ) -> None:
        """Let ``run`` run so many copies of the body, with fixtures of their own or all with those
        of the first; to be called by a caller.
        """
        __tracebackhide__ = True
        if not own_fixtures:
            copies = [copy_arguments(kwargs, i, process=processes) for i in range(count)]
            run([(with_own_instance(function), each) for each in copies])
            return

        def run_numbered(copies: Sequence[Prepared]) -> None:
            run(
                [
                    (each, numbered(arguments, index, process=processes))
                    for index, (each, arguments) in enumerate(copies)
                ]
            )

        run_with_own_fixtures(self._item, function, kwargs, count, run_numbered)

    def _call(self, caller: Caller, function: Callable[..., Any], kwargs: dict[str, Any]) -> Any:
        __tracebackhide__ = True
        try:
            return caller(function, kwargs)
        except BaseException as error:
            self._error = error
            # Ctrl-C does not reach a child: the program has raised it.
            ends_session = isinstance(error, (KeyboardInterrupt, pytest.exit.Exception))
            if is_child() and (ends_session or is_long(error)):
                raise _StandIn from None
            raise
        finally:
            if sys.modules.get("sys") is not sys:
                # Copies that empty it and put back what was there find it empty, too.
                sys.modules.update(self._modules)

    def _judge(self, reports: list[pytest.TestReport]) -> CopyOutcome:
        for report in reports:
            if report.when == "call" and self._error is not None and not report.passed:
                return outcome_of(0, self._error)
            if report.failed:
                return _from_report(report)
            if report.skipped:
                return CopyOutcome(0, "skipped", "Skipped", _first_line(report), phase=report.when)
        return next(map(_from_report, self._subtests.failed), CopyOutcome(0))


def forgive_teardown(item: pytest.Item) -> None:
    """Let the teardown of the item's own fixtures fail in silence; wider ones are not touched."""
    finalizers, _ = setup_entry(item) or ((), None)
    if isinstance(finalizers, list):
        finalizers[:] = [partial(_forgiven, finalizer) for finalizer in finalizers]


def _forgiven(finalizer: Callable[[], object]) -> None:
    with suppress(Exception, pytest.fail.Exception, pytest.skip.Exception):
        finalizer()


def copy_arguments(kwargs: dict[str, Any], index: int, *, process: bool = False) -> dict[str, Any]:
    """Return the arguments of one of several copies of a body: its own index and ``tmp_path``."""
    own = numbered(kwargs, index, process=process)
    path = own.get("tmp_path")
    if isinstance(path, Path):
        own["tmp_path"] = path / f"{'process' if process else 'thread'}-{index}"
        own["tmp_path"].mkdir(exist_ok=True)
    return own


def numbered(kwargs: dict[str, Any], index: int, *, process: bool = False) -> dict[str, Any]:
    """Return the arguments of one of several copies of a body: its own index."""
    name = "process_index" if process else "thread_index"
    return {**kwargs, name: index} if name in kwargs else dict(kwargs)


def _silence(config: pytest.Config) -> None:
    # An expected failure is judged by the one who expects it: here the question is what happens.
    config.option.runxfail = True
    # Reports of this process are nobody's business: --setup-show writes at once.
    reporter = terminal_reporter(config)
    writer = writer_of(reporter) if reporter is not None else None
    if writer is not None and getattr(file_of(writer), "name", "") != os.devnull:
        nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
        write_to(writer, nowhere)
    debugger: Any = config.pluginmanager.get_plugin(DEBUGGER)
    if debugger is not None:
        config.pluginmanager.unregister(debugger)


class _Subtests:
    """Is told of subtests in place of all who would pass that on: the terminal, a worker of
    pytest-xdist. To the test itself a failed one is no exception.
    """

    def __init__(self) -> None:
        self.failed: list[pytest.TestReport] = []
        """Those of the last run."""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take note of one."""
        if report.failed:
            self.failed.append(report)


def _subtests_of(config: pytest.Config) -> _Subtests:
    manager = config.pluginmanager
    hooks: Any = config.hook
    known: Any = manager.get_plugin(SUBTESTS)
    if known is None:
        others, known = manager.get_plugins(), _Subtests()
        manager.register(known, SUBTESTS)
        told = manager.subset_hook_caller("pytest_runtest_logreport", others)
        hooks.pytest_runtest_logreport = told
    assert isinstance(known, _Subtests)
    return known


def _from_report(report: pytest.TestReport) -> CopyOutcome:
    crash = getattr(report.longrepr, "reprcrash", None)
    site = None
    if crash is not None:
        path, line = str(crash.path), int(crash.lineno)
        site = Site(path, line, source=linecache.getline(path, line).strip())
    message = str(getattr(crash, "message", "") or _first_line(report))
    status: CopyStatus = "failed" if report.when == "call" else "error"
    message = message.partition("\n")[0]
    return CopyOutcome(
        0,
        status,
        message.partition(":")[0] if crash is not None else "",
        message,
        report.longreprtext,
        site,
        report.when or "call",
    )


def _first_line(report: pytest.TestReport) -> str:
    if isinstance(report.longrepr, tuple):
        return str(report.longrepr[2])
    return report.longreprtext.strip().partition("\n")[0]
