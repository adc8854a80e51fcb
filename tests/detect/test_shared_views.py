"""What an observation computes for all detectors: once, and of the events of the log."""

from __future__ import annotations

from pytest_concurrency.detect.observation import Execution, Observation
from pytest_concurrency.runtime.trace.event import access
from pytest_concurrency.runtime.trace.operations import ACQUIRED, RELEASED, WRITE

LOCK = 7


def observed() -> Observation:
    """Two threads: both write ``n`` holding a lock, then each writes ``m``."""
    writes = [(1, "n"), (1, "m"), (2, "n"), (2, "m")]
    log = [access(thread, 0, 3, name, WRITE) for thread, name in writes]
    noted = [
        (0, 1, 9, LOCK, "", ACQUIRED),
        (1, 1, 9, LOCK, "", RELEASED),
        (2, 2, 9, LOCK, "", ACQUIRED),
        (3, 2, 9, LOCK, "", RELEASED),
    ]
    return Observation(Execution("", (), 0, 4, log, 3, (), (), 0, noted=noted))


def test_each_event_is_found_in_the_trace() -> None:
    observation = observed()
    log, trace = observation.execution.log, observation.execution.trace
    assert [trace[observation._in_trace(index)] for index in range(len(log))] == log


def test_what_a_lock_orders_is_ordered() -> None:
    observation = observed()
    assert not observation.are_unordered(0, 2)
    assert not observation.are_unordered(0, 1)
    assert observation.are_unordered(1, 3)
    assert observation.are_unordered(3, 1)


def test_events_are_grouped_by_location_once() -> None:
    observation = observed()
    groups = observation.touched
    assert sorted(map(list, groups.values())) == [[0, 2], [1, 3]]
    assert observation.touched is groups
