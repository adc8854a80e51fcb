"""The lost update of all textbooks: found always, quickly, and again; its locked twin never."""

from __future__ import annotations

import os

import pytest
from programs import Counter, LockedCounter, both

from pytest_concurrency import explore

SEEDS = range(100)
FEWER = SEEDS if os.environ.get("CORPUS") == "full" else range(25)


@pytest.mark.parametrize(
    ("strategy", "seeds"),
    [("auto", SEEDS), *((name, FEWER) for name in ("random", "pct", "pos", "surw", "systematic"))],
)
def test_counter_is_flagged_on_every_seed(strategy, seeds):
    needed = []
    for seed in seeds:
        found = explore(
            Counter, [Counter.increment] * 2, both, schedules=60, strategy=strategy, seed=seed
        )
        assert len(found.hazards) == 1, f"seed {seed}: {found.executions} schedules, no hazard"
        hazard = found.hazards[0]
        assert (hazard.kind, hazard.location) == ("lost-update", "Counter.value")
        assert not hazard.note, f"seed {seed}: {hazard.note}"
        assert hazard.preemptions == 1
        needed.append(found.executions)
    assert sum(needed) / len(needed) < 15


def test_locked_twin_is_flagged_on_no_seed():
    for seed in SEEDS:
        workers = [LockedCounter.increment] * 2
        found = explore(LockedCounter, workers, both, schedules=60, seed=seed)
        assert not found.hazards
        assert found.exhausted


def test_a_lost_update_needs_no_check():
    found = explore(Counter, [Counter.increment] * 2, schedules=60)
    assert [hazard.kind for hazard in found.hazards] == ["lost-update"]
    assert found.hazards[0].detail == ""


def test_the_hazard_says_who_what_and_where():
    (hazard,) = explore(Counter, [Counter.increment] * 2, both, schedules=60).hazards
    read, foreign, write = hazard.sites
    assert read.op, foreign.op == ("read", "write")
    assert read.site.source == "seen = self.value"
    assert write.site.source == foreign.site.source == "self.value = seen + 1"
    assert read.thread == write.thread != foreign.thread
    shown = [(access.op, access.value) for access in hazard.timeline if access.highlighted]
    assert shown == [("read", "0"), ("write", "1"), ("write", "1")]
    assert hazard.detail == "the check returned a false value"


def test_all_interleavings_are_seen():
    """Two threads of two accesses: 4! / (2! 2!) = 6."""
    found = explore(
        Counter,
        [Counter.increment] * 2,
        schedules=400,
        strategy="random",
        stop_at_first=False,
    )
    assert found.distinct == 6
    assert found.executions == 400


def test_same_seed_same_search():
    runs = [explore(Counter, [Counter.increment] * 3, schedules=30, seed=7) for _ in range(2)]
    assert runs[0].hazards == runs[1].hazards
    assert runs[0].executions == runs[1].executions
