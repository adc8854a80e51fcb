"""Hooks that pytest-concurrency calls: implement them in a ``conftest.py`` or in a plugin.

What adds something is called once, when pytest is configured: the conftest must be one that pytest
loads at its start (that of the rootdir, of ``testpaths``, or of what the command line names).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .detect.detector import Detector
    from .model import StressReport
    from .runtime.effects.outside import LocationKind
    from .settings.strategies import Entry


def pytest_concurrency_detectors(config: pytest.Config) -> Sequence[Detector] | None:
    """Add detectors. Called in stressed runs.

    :param config: The configuration of the run.
    :returns: A list of detectors. Their kinds are new.
    """


def pytest_concurrency_strategies(config: pytest.Config) -> Sequence[Entry] | None:
    """Add strategies, which ``--concurrency-strategy`` then accepts.

    Called in each run, before the options are read: import what makes them only when it is asked.

    :param config: The configuration of the run; its options are not checked yet.
    :returns: A list of entries: name, and what makes the strategy of one search.
    """


def pytest_concurrency_location_kinds(config: pytest.Config) -> Sequence[LocationKind] | None:
    """Add kinds of locations outside memory: which functions touch which of them. Called in
    stressed runs.

    :param config: The configuration of the run.
    :returns: A list of kinds.
    """


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
