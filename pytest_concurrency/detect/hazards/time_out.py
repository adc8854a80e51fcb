"""Time-outs: an execution did not end in time, and it is not known that it would."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from pytest_concurrency.detect.detector import Again, Asked, Detector, Finding
from pytest_concurrency.detect.hazards.no_progress import Endless
from pytest_concurrency.detect.observation import Observation
from pytest_concurrency.kinds import KINDS, TIMEOUT
from pytest_concurrency.model import Hazard


@dataclass(frozen=True, slots=True, eq=False)
class FoundTimeOut(Endless):
    """An execution whose time was up."""

    may_hang: ClassVar[bool] = True

    def tell(self, again: Again | None) -> Hazard:
        """Say what the threads were doing."""
        return self.told_because("time was up")


class TimeOuts(Detector):
    """The watchdog ends an execution whose time is up."""

    kinds = (KINDS[TIMEOUT],)

    def findings(self, observation: Observation, asked: Asked) -> Iterable[Finding]:
        """Return an execution that was ended."""
        if observation.execution.outcome != "timeout":
            return ()
        return (FoundTimeOut(TIMEOUT, observation),)
