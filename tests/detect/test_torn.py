"""Pairs that are read half before, half after they change: where, and when that says nothing."""

from __future__ import annotations

import random
from pathlib import Path
from threading import Lock
from types import SimpleNamespace
from typing import Any

import pytest
from loading import load_module

from pytest_concurrency import explore
from pytest_concurrency.detect.atomicity.torn import Torn, _torn_by, torn_pairs
from pytest_concurrency.detect.locking.held import MOST_NOTED
from pytest_concurrency.detect.observation import Observation
from pytest_concurrency.search.execution.learning import Learning
from pytest_concurrency.search.steering import Steering

FLAGGED = Path(__file__).parents[1] / "corpus" / "flagged"


@pytest.mark.parametrize(
    ("name", "locations", "reads", "writes"),
    [
        (
            "torn_point",
            {"Point.x", "Point.y"},
            {"return self.x, self.y"},
            {"self.x += step", "self.y += step"},
        ),
        (
            "torn_by_two_getters",
            {"Average._total", "Average._count"},
            {"return self._total", "return self._count"},
            {"self._total += value", "self._count += 1"},
        ),
    ],
)
def test_it_is_found_where_it_is(name, locations, reads, writes):
    program = load_module(f"torn_{name}", FLAGGED / f"{name}.py")
    (hazard,) = explore(program.setup, program.WORKERS).hazards
    assert hazard.kind == "atomicity-violation"
    assert set(hazard.location.split(" and ")) == locations
    first_read, first_write, second_write, second_read = hazard.sites
    assert {first_read.site.source, second_read.site.source} == reads
    assert {first_write.site.source, second_write.site.source} == writes
    assert [use.op for use in hazard.sites] == ["read", "write", "write", "read"]
    assert first_read.thread == second_read.thread != first_write.thread == second_write.thread
    assert "in the same critical section" in hazard.message


def test_the_sentence_says_what_was_before_and_what_after():
    pair = load_module("torn_sentence", FLAGGED / "torn_point.py")
    (hazard,) = explore(pair.setup, pair.WORKERS).hazards
    first = next(line for line in hazard.timeline if line.op == "read" and line.thread == 2)
    assert f"({first.value}) at" in hazard.message
    before, after = ("before", "after") if first.value == "0" else ("after", "before")
    assert hazard.message.index(f" {before} thread 1 wrote it at") < hazard.message.index(
        f" {after} thread 1 wrote that at"
    )


def shared():
    return SimpleNamespace(lock=Lock(), one=0, other=0, seen=None)


def change(both):
    with both.lock:
        both.one = 1
        both.other = 1


def apart(both):
    both.seen = both.one
    both.seen = both.other


def looked_again(both):
    one, other = both.one, both.other
    if one != both.one:
        one, other = 0, 0
    both.seen = (one, other)


def same_again(both):
    with both.lock:
        both.one = 0
        both.other = 0


def together(both):
    both.seen = (both.one, both.other)


@pytest.mark.parametrize(
    ("workers", "is_found"),
    [
        ([change, together], True),
        ([change, apart], False),
        ([change, looked_again], False),
        ([same_again, together], False),
    ],
)
def test_both_values_come_together_and_are_not_read_again(workers, is_found):
    found = explore(shared, workers, stop_at_first=False)
    kinds = {hazard.kind for hazard in found.hazards}
    assert ("atomicity-violation" in kinds) == is_found
    assert found.exhausted


def test_what_is_written_in_two_sections_may_be_read_apart():
    def one_by_one(both):
        with both.lock:
            both.one = 1
        with both.lock:
            both.other = 1

    found = explore(shared, [one_by_one, together], stop_at_first=False)
    assert "atomicity-violation" not in {hazard.kind for hazard in found.hazards}
    assert found.exhausted


def test_who_spins_is_not_gone_through_for_locks():
    """It takes the same locks a million times: that costs gigabytes, and shows nothing new."""
    execution: Any = SimpleNamespace(outcome="", noted=range(MOST_NOTED + 1))  # and nothing else
    observation = Observation(execution)
    assert list(torn_pairs(observation)) == []
    Steering(Learning(), None).note(observation, 1)


@pytest.mark.parametrize("seed", range(40))
def test_pairs_are_those_of_the_definition(seed):
    rng = random.Random(seed)
    times = rng.sample(range(16), 14)
    one, other = sorted(times[:2]), sorted(times[2:4])
    first, second = sorted(times[4:9]), sorted(times[9:14])
    expected = [
        Torn(max(before), one[0] if max(before) < one[0] else one[1], write, read)
        for read in second
        if (before := [each for each in first if each < read])
        for write in (other[1] if max(before) < one[0] else other[0],)
        if (max(before) < one[0] and other[1] < read) or (one[1] < max(before) and read < other[0])
    ]
    assert list(_torn_by((one[0], one[1]), (other[0], other[1]), first, second)) == expected
