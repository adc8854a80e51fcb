"""The examples fail on purpose while they are stressed: a last line says so."""

from __future__ import annotations

import pytest


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    is_stressed = config.pluginmanager.has_plugin("concurrency_session")
    if is_stressed and terminalreporter.stats.get("failed"):
        terminalreporter.write_line(
            "These failures are meant: examples/README.md says what each test shows."
        )
