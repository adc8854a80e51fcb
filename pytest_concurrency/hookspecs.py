"""Hooks that pytest-concurrency calls: implement them in a ``conftest.py`` or in a plugin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .model import StressReport


def pytest_concurrency_stressed(item: pytest.Item, report: StressReport) -> None:
    """Called after each stressed test, with everything that is known about it.

    It runs in the process that ran the test: under pytest-xdist in a worker. Return values are
    ignored.

    :param item: The test.
    :param report: What its cells showed, its hazards and the isolation verdict.
    """


def pytest_concurrency_report(config: pytest.Config, reports: Sequence[StressReport]) -> None:
    """Called once at the end of a stressed run, with the reports of all its tests.

    It runs in the controlling process only: under pytest-xdist never in a worker. Return values are
    ignored.

    :param config: The configuration of the run.
    :param reports: One report per test, in the order in which they finished.
    """
