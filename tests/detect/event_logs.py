"""Logs for tests: events at sites that say what is done."""

from __future__ import annotations

from typing import Any

from pytest_concurrency.runtime.trace.event import Event, access
from pytest_concurrency.runtime.trace.sites import SITES

THE_SITES = object()
"""The part that the site names."""


def event(thread: int, site: int, resource: int, part: Any = THE_SITES) -> Event:
    where = SITES[site]
    return access(thread, site, resource, where.name if part is THE_SITES else part, where.op)


def log_of(*events: tuple[Any, ...]) -> list[Event]:
    """Return a log of what ``event`` gets."""
    return [event(*each) for each in events]
