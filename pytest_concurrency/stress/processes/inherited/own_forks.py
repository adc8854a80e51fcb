"""Forks that the program makes itself while it has other threads: those do not exist in the child,
and what they hold stays locked there (what Python 3.12 and later warn of).
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import NamedTuple

from pytest_concurrency._compat import target_of
from pytest_concurrency._origins import serves_the_run
from pytest_concurrency.detect.telling import line_of
from pytest_concurrency.kinds import FORK_HAZARD
from pytest_concurrency.model import Hazard, Site, SiteUse
from pytest_concurrency.stress.processes.inherited.watching import programs_line

_MOST_NAMES = 3


class OwnFork(NamedTuple):
    """A fork by the program."""

    site: Site
    threads: tuple[str, ...]
    """The names of the other threads."""


def fork_beside_threads() -> OwnFork | None:
    """Return the fork that is about to be made by the calling thread; None if there is no other
    thread of the program.
    """
    here = threading.current_thread()
    others = (each for each in threading.enumerate() if each is not here)
    names = tuple(thread.name for thread in others if not _serves_the_run(thread))
    site = programs_line()
    return OwnFork(site, names) if names and site is not None else None


def _serves_the_run(thread: threading.Thread) -> bool:
    made_by = (type(thread), target_of(thread))
    return any(serves_the_run(getattr(each, "__module__", None) or "") for each in made_by)


def own_fork_hazards(forks: Iterable[OwnFork]) -> tuple[Hazard, ...]:
    """Note each line that forks beside threads, once."""
    found = {fork.site: fork for fork in reversed([*forks])}
    return tuple(_told(fork) for fork in reversed(found.values()))


def _told(fork: OwnFork) -> Hazard:
    shown = ", ".join(fork.threads[:_MOST_NAMES])
    shown += ", ..." if len(fork.threads) > _MOST_NAMES else ""
    threads = f"thread{'s' if len(fork.threads) > 1 else ''} {shown}"
    return Hazard(
        FORK_HAZARD,
        f"{line_of(fork.site)} forks beside {threads}: not in the new process, where a lock that "
        "is held at the fork stays locked for ever",
        threads,
        (SiteUse(fork.site, 0, "call"),),
        severity="note",
        schedule_index=1,
    )
