"""Threads left behind: they have not ended some time after what started them."""

from __future__ import annotations

import linecache
from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from pytest_concurrency.detect.detector import Again, Asked, Detector, Finding
from pytest_concurrency.detect.observation import Leak, Observation
from pytest_concurrency.detect.telling import where
from pytest_concurrency.kinds import KINDS, THREAD_LEAK
from pytest_concurrency.model import Hazard, Site, SiteUse
from pytest_concurrency.runtime.diagnosis.lock_names import thread_name
from pytest_concurrency.runtime.scheduler.baton import LINGER_SECONDS


@dataclass(frozen=True, slots=True, eq=False)
class FoundLeak(Finding):
    """A thread that has outlived the program under test."""

    leak: Leak

    @property
    def identity(self) -> Hashable:
        """By where it was started."""
        return (self.kind, self.leak.origin)

    def tell(self, again: Again | None) -> Hazard:
        """Say which thread it is, and where it was started."""
        leak, execution = self.leak, self.observation.execution
        place = ""
        uses: tuple[SiteUse, ...] = ()
        if leak.origin is not None:
            path, line, function = leak.origin
            source = linecache.getline(path, line).strip()
            uses = (SiteUse(Site(path, line, 0, function, source), leak.thread, "start"),)
            place = f", started at {where(uses[0])},"
        message = (
            f"{thread_name(leak.thread, leak.name)}{place} is still there {LINGER_SECONDS:g} s "
            "of virtual time after the end: join it, make it stop, or make it a daemon"
        )
        return Hazard(
            self.kind,
            message,
            sites=uses,
            severity="warning",
            threads=execution.threads - 1,
            preemptions=execution.preemptions,
        )


class Leaks(Detector):
    """The baton knows whose threads are still there."""

    kinds = (KINDS[THREAD_LEAK],)
    is_warning = True

    def findings(self, observation: Observation, asked: Asked) -> Iterable[Finding]:
        """Return the threads left behind; a test that fails may not have come to its joins."""
        leaks = observation.execution.leaks
        if not leaks or observation.failure is not None:
            return ()
        return [FoundLeak(THREAD_LEAK, observation, leak) for leak in leaks]
