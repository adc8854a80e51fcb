"""Pytest's hooks, each one line or two into a room below."""

from __future__ import annotations

from typing import Any

import pytest

from . import hookspecs
from .fixtures import concurrency as concurrency
from .fixtures import iteration_index as iteration_index
from .fixtures import process_index as process_index
from .fixtures import thread_count as thread_count
from .fixtures import thread_index as thread_index
from .settings.markers import register_markers
from .settings.options import (
    OPTIONS_KEY,
    add_options,
    hand_to_worker,
    read_options,
    warn_of_idle,
    with_ignored,
)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Offer our hooks to other plugins."""
    pluginmanager.add_hookspecs(hookspecs)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers and check the options; with stress on, load the rest."""
    register_markers(config)
    if config.hook.pytest_concurrency_strategies.get_hookimpls():
        from .extending.registration import add_strategies

        add_strategies(config)
    options = config.stash[OPTIONS_KEY] = read_options(config)
    if options.stress:
        from .extending.registration import add_detectors, add_location_kinds
        from .session.stressing import StressSession

        add_detectors(config)
        add_location_kinds(config)
        options = config.stash[OPTIONS_KEY] = with_ignored(config, options)
        config.pluginmanager.register(StressSession(config, options), "concurrency_session")
    elif options.idle:
        warn_of_idle(config, options.idle)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Hand settings to a new worker of xdist."""
    hand_to_worker(node.config.stash[OPTIONS_KEY], node.workerinput)
