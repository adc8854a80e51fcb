"""How often executions are recorded to look at what may be a hazard."""

from __future__ import annotations

from itertools import pairwise

from pytest_concurrency.search.findings import Doubts


def _due(doubts: Doubts, executions: int, events: int = 10, keys: tuple[str, ...] = ("one",)):
    """Return the numbers of the executions that are recorded, where all have the same keys."""
    found = []
    for number in range(1, executions + 1):
        doubts.next_execution(events)
        if any(doubts.is_due(key) for key in keys):
            found.append(number)
            for key in keys:
                assert not doubts.was_looked_at(key)
    return found


def test_each_is_looked_at_ever_more_rarely():
    assert _due(Doubts(), 20) == [1, 2, 4, 8, 16]


def test_what_is_met_often_in_one_execution_is_met_once():
    doubts = Doubts()
    doubts.next_execution(10)
    assert [doubts.is_due("one") for _ in range(4)] == [True, False, False, False]


def test_an_execution_that_is_recorded_is_looked_at_for_all():
    assert _due(Doubts(), 20, keys=("one", "other", "third")) == [1, 2, 4, 8, 16]


def test_long_executions_are_recorded_one_in_many():
    found = _due(Doubts(), 100, events=50_000)
    assert found[0] == 1
    assert len(found) == 3
    assert all(later - earlier >= 50 for earlier, later in pairwise(found[1:]))


def test_what_there_was_no_time_for_waits():
    doubts = Doubts()
    assert _due(doubts, 1, events=50_000) == [1]
    assert not doubts.has_time
    assert _due(doubts, 1, events=50_000, keys=("other",)) == []
    for _ in range(50):
        doubts.next_execution(50_000)
    assert doubts.has_time
    assert _due(doubts, 1, events=50_000, keys=("other",)) == [1]
