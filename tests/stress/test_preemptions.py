"""Which preemptions of a worker process come first."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from pytest_concurrency.stress.outside.preemptions import Preemption, promising_preemptions
from pytest_concurrency.stress.outside.touch import Touch

SEEDS = range(20)


def trace(deeds: str) -> list[Touch]:
    """``lock a, read f, write f, unlock a``: one touch each, at a site of its own."""
    touches = []
    for number, deed in enumerate(deeds.split(", ")):
        what, _, location = deed.partition(" ")
        touches.append(Touch(number, location, what, number))  # type: ignore[arg-type]
    return touches


def first(traces: Sequence[Sequence[Touch]], count: int, seed: int) -> list[Preemption]:
    return promising_preemptions(traces, random.Random(seed))[:count]


@pytest.mark.parametrize("seed", SEEDS)
def test_between_a_read_and_the_write_that_follows(seed: int) -> None:
    work = trace("read a, read f, read b, write f, read c")
    assert {number for _, number in first([work, work], 2, seed)} == {2, 3}


@pytest.mark.parametrize("seed", SEEDS)
def test_right_before_the_write_first_where_the_read_was_last(seed: int) -> None:
    work = trace("read f, read g, read x, read g, write g, read x, write f")
    assert first([work, work], 2, seed) == [(0, 4), (0, 6)]


@pytest.mark.parametrize("seed", SEEDS)
def test_where_a_lock_was_given_up_not_where_others_would_wait(seed: int) -> None:
    work = trace("lock a, read f, read f, unlock a, lock a, write f, write f, unlock a")
    (place,) = first([work, work], 1, seed)
    assert place[1] == 4
    assert {number for _, number in first([work, work], 16, seed)[-12:]} == {1, 2, 3, 5, 6, 7}


@pytest.mark.parametrize("seed", SEEDS)
def test_inside_a_lock_that_another_one_does_not_take(seed: int) -> None:
    careful = trace("lock a, read f, write f, unlock a")
    careless = trace("read f, write f")
    assert set(first([careful, careless], 2, seed)) == {(0, 2), (1, 1)}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_lock_that_is_never_seen_to_be_released_keeps_nobody_out(seed: int) -> None:
    work = trace("lock a, read f, write f")
    assert {number for _, number in first([work, work], 1, seed)} == {2}


@pytest.mark.parametrize("seed", SEEDS)
def test_before_a_second_lock(seed: int) -> None:
    one, other = (
        trace(f"read x, lock {a}, lock {b}, unlock {b}, unlock {a}, read y")
        for a, b in ("ab", "ba")
    )
    assert set(first([one, other], 2, seed)) == {(0, 2), (1, 2)}


@pytest.mark.parametrize("seed", SEEDS)
def test_workers_that_do_the_same_are_preempted_at_different_places(seed: int) -> None:
    work = trace("read f, write f, read f, write f")
    assert sorted(number for _, number in first([work, work], 4, seed)) == [0, 1, 2, 3]


def test_each_preemption_is_tried_once() -> None:
    traces = [trace("lock a, read f, unlock a"), [], trace("write f")]
    assert sorted(first(traces, 99, 0)) == [(0, 0), (0, 1), (0, 2), (2, 0)]
