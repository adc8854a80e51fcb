"""Locks taken in a circle, as far as no execution has closed it: a note, never more.

``detect/locking/order.py`` finds them in traces, ``search/steering.py`` tries to close them: what
then happens is a deadlock like any other.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace

from pytest_concurrency.detect.detector import Again, Finding
from pytest_concurrency.detect.locking.held import Taken
from pytest_concurrency.detect.locking.order import Cycle, Edge, last_event
from pytest_concurrency.detect.observation import Observation
from pytest_concurrency.detect.telling import line_of, site_of, told
from pytest_concurrency.model import Hazard, Site, SiteUse
from pytest_concurrency.runtime.diagnosis.lock_names import thread_name
from pytest_concurrency.runtime.trace.event import Log, site_number, thread_and_site
from pytest_concurrency.runtime.trace.resource import Location
from pytest_concurrency.runtime.trace.sites import INTERNAL, SITES


@dataclass(frozen=True, slots=True, eq=False)
class FoundInversion(Finding):
    """A circle that no execution has closed."""

    cycle: Cycle
    attempts: int
    """Executions that were steered to close it."""

    @property
    def identity(self) -> Hashable:
        """By where the locks are taken."""
        return (self.kind, self.cycle.identity)

    def tell(self, again: Again | None) -> Hazard:
        """Say who takes what where, and what it holds from where."""
        observation = self.observation if again is None else _recorded(self.observation, again)
        log, edges = observation.execution.log, self.cycle.edges
        names = _names(observation, self.cycle)
        chains = "; ".join(_chain(log, edge, names) for edge in edges)
        order = "opposite orders" if len(edges) == 2 else "a circle"
        aimed = f", although {self.attempts} were steered to it" if self.attempts else ""
        message = (
            f"{chains}; locks taken in {order} may end in a deadlock, but no schedule tried "
            f"reaches it{aimed}"
        )
        taken = [
            (edge.thread, each) for edge in edges for each in (edge.outer_taken, edge.inner_taken)
        ]
        hazard = told(
            observation,
            self.kind,
            message,
            location=" and ".join(sorted(set(names.values()))),
            sites=[SiteUse(_site(log, *each), each[0], "acquire") for each in taken],
            highlighted={last_event(log, thread, each.position) for thread, each in taken},
        )
        return replace(hazard, severity="note")


def places_of(log: Log, cycle: Cycle) -> frozenset[tuple[str, int]]:
    """Return where the threads would stand."""
    sites = [_site(log, edge.thread, edge.inner_taken) for edge in cycle.edges]
    return frozenset((site.path, site.line) for site in sites)


def _recorded(observation: Observation, again: Again) -> Observation:
    """Return the execution in full, with what the locks are called, if it can be had once more."""
    execution = observation.execution
    full = again.replayed(execution.schedule, again.limit, record=True)
    one, other = execution.log, full.execution.log
    is_same = list(map(thread_and_site, one)) == list(map(thread_and_site, other))
    return full if is_same else observation


def _chain(log: Log, edge: Edge, names: Mapping[Location, str]) -> str:
    inner, outer = (
        line_of(_site(log, edge.thread, each)) for each in (edge.inner_taken, edge.outer_taken)
    )
    return (
        f"{thread_name(edge.thread, '')} takes {names[edge.inner]} at {inner} while it holds "
        f"{names[edge.outer]}, taken at {outer}"
    )


def _site(log: Log, thread: int, taken: Taken) -> Site:
    """Return where the program has taken a lock; of one that the library takes, what it called."""
    number = taken.site
    if number == INTERNAL:
        index = last_event(log, thread, taken.position)
        number = site_number(log[index]) if index >= 0 else number
    return site_of(number) if number >= 0 else Site("", 0)


def _names(observation: Observation, cycle: Cycle) -> dict[Location, str]:
    """Name the locks of a circle, no two the same."""
    names: dict[Location, str] = {}
    for edge in cycle.edges:
        called = f"lock {_called(observation, edge)}".rstrip()
        taken = [
            each for each in names.values() if each == called or each.startswith(f"{called} (")
        ]
        names[edge.outer] = f"{called} (no. {len(taken) + 1})" if taken else called
    return names


def _called(observation: Observation, edge: Edge) -> str:
    """Return what the program calls the lock that a thread holds."""
    log, taken = observation.execution.log, edge.outer_taken
    index = last_event(log, edge.thread, taken.position)
    if index >= 0 and observation.accesses:
        return observation.accesses[index].location
    return SITES[taken.site].label if taken.site != INTERNAL else ""
