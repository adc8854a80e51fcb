"""Programs that draw numbers: each execution draws the same ones."""

from __future__ import annotations

import random
import uuid
from random import randint
from uuid import uuid4

import pytest

from pytest_concurrency import explore


def test_each_execution_draws_the_same():
    seen = set()

    def setup():
        return [random.random()]

    def work(drawn):
        drawn += [randint(0, 10**9), random.sample(range(100), 3), uuid4(), uuid.uuid1()]

    def check(drawn):
        seen.add(repr(drawn))

    explore(setup, [work], check, schedules=5)
    assert len(seen) == 1


def test_draws_differ_within_an_execution():
    def work(_):
        assert len({random.random() for _ in range(50)}) == 50
        assert len({uuid4() for _ in range(50)}) == 50
        assert len({uuid.uuid1() for _ in range(50)}) == 50
        assert (uuid4().version, uuid.uuid1().version) == (4, 1)

    assert not explore(lambda: None, [work], schedules=2).hazards


def test_a_schedule_of_a_program_that_draws_replays():
    class Counter:
        def __init__(self):
            self.value = 0

        def add(self):
            for _ in range(random.randint(1, 5)):
                seen = self.value
                self.value = seen + 1

    (hazard,) = explore(Counter, [Counter.add, Counter.add], schedules=100).hazards
    assert not hazard.note


def test_the_generators_state_is_put_back():
    random.seed(42)
    expected = random.random()
    random.seed(42)
    draw = random.random
    explore(lambda: None, [lambda _: random.random()], schedules=3)
    assert random.random is draw
    assert random.random() == expected


def test_a_seed_of_the_programs_own_counts():
    def work(_):
        random.seed(7)
        assert random.random() == random.Random(7).random()

    assert not explore(lambda: None, [work], schedules=2).hazards


@pytest.mark.parametrize("leave", [lambda: random.seed(7), lambda: random.getrandbits(32 * 624)])
def test_what_an_execution_leaves_behind_without_a_trace(leave):
    """The position within the generator's numbers is the same as at the beginning."""
    drawn = set()

    def setup():
        drawn.add(random.getstate())

    explore(setup, [lambda _: leave()], schedules=3)
    assert len(drawn) == 1
