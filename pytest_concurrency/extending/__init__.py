"""What another package needs that adds a strategy, a detector, a kind of location or a report.

The hooks by which it does so are in ``hookspecs.py``, how is told in the documentation, under
"Contributing".
"""

from __future__ import annotations

from pytest_concurrency.detect.detector import Again, Asked, Detector, Finding
from pytest_concurrency.detect.observation import Execution, Failure, Observation
from pytest_concurrency.detect.telling import site_of, told, where
from pytest_concurrency.kinds import KINDS, Kind
from pytest_concurrency.model import Hazard, Site, SiteUse, StressReport
from pytest_concurrency.runtime.effects.outside import LocationKind
from pytest_concurrency.runtime.tasks.protocols import View
from pytest_concurrency.runtime.tasks.task import FREE, Task
from pytest_concurrency.runtime.trace import event
from pytest_concurrency.runtime.trace.operations import OPERATIONS
from pytest_concurrency.search.execution.choices import Choices
from pytest_concurrency.search.execution.learning import Learning
from pytest_concurrency.search.execution.strategy import SearchStrategy, Start
from pytest_concurrency.search.strategies.sampling import Sampling, Stepwise
from pytest_concurrency.settings.strategies import Entry

__all__ = [
    "FREE",
    "KINDS",
    "OPERATIONS",
    "Again",
    "Asked",
    "Choices",
    "Detector",
    "Entry",
    "Execution",
    "Failure",
    "Finding",
    "Hazard",
    "Kind",
    "Learning",
    "LocationKind",
    "Observation",
    "Sampling",
    "SearchStrategy",
    "Site",
    "SiteUse",
    "Start",
    "Stepwise",
    "StressReport",
    "Task",
    "View",
    "event",
    "site_of",
    "told",
    "where",
]
