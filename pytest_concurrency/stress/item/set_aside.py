"""Putting the state of an item that is set up out of the way, so that it can be run again and then
go on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from pytest_concurrency._pytest_compat import (
    DEBUGGER,
    capture_manager,
    captured_by,
    file_of,
    let_capture,
    terminal_reporter,
    write_to,
    writer_of,
)
from pytest_concurrency.stress.item.rerun import LAST_ERROR, SUBTESTS
from pytest_concurrency.stress.item.setup_state import kept


@contextmanager
def set_aside(item: pytest.Function) -> Iterator[Callable[[], BaseException | None]]:
    """Run a block that reruns ``item``; give what the last rerun raised; put everything back.

    pytest goes on afterwards as if nothing had happened: what was set up for the item is torn down
    by the item's own teardown.
    """
    errors: list[BaseException | None] = []
    with _quiet(item), kept(item):
        try:
            yield lambda: errors[0]
        finally:
            errors.append(item.stash.get(LAST_ERROR, None))


@contextmanager
def _quiet(item: pytest.Function) -> Iterator[None]:
    """Keep captured output apart, and give back what ``Rerun`` takes from the configuration."""
    config = item.config
    capture = capture_manager(config)
    reporter = terminal_reporter(config)
    debugger: Any = config.pluginmanager.get_plugin(DEBUGGER)
    writer = writer_of(reporter) if reporter is not None else None
    file = file_of(writer)
    hooks: Any = config.hook
    runxfail, told = config.option.runxfail, hooks.pytest_runtest_logreport
    if capture is not None:
        fixture = captured_by(capture)
        capture.suspend_global_capture()
        for name, text in zip(("stdout", "stderr"), capture.read_global_capture(), strict=True):
            item.add_report_section("call", name, text)
        capture.resume_global_capture()
    try:
        yield
    finally:
        config.option.runxfail = runxfail
        hooks.pytest_runtest_logreport = told
        if config.pluginmanager.has_plugin(SUBTESTS):
            config.pluginmanager.unregister(name=SUBTESTS)
        if writer is not None and file_of(writer) is not file:
            file_of(writer).close()
            write_to(writer, file)
        if debugger is not None and not config.pluginmanager.is_registered(debugger):
            config.pluginmanager.register(debugger, DEBUGGER)
        if capture is not None:
            capture.resume_global_capture()
            capture.suspend_global_capture()
            capture.read_global_capture()
            capture.resume_global_capture()
            let_capture(capture, fixture)
