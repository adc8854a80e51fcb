"""Tasks that cannot go on, and the time that passes meanwhile."""

from __future__ import annotations

import os
import select
from functools import partial

import pytest
from scripted import Scripted, point, run, sleep

from pytest_concurrency.runtime.scheduler.baton import Baton
from pytest_concurrency.runtime.scheduler.decisions import POINTS_BETWEEN_POLLS
from pytest_concurrency.runtime.system.descriptors import READABLE, Descriptors
from pytest_concurrency.runtime.tasks.protocols import SHORT_WAIT_SECONDS
from pytest_concurrency.runtime.tasks.task import Task, Waiting
from pytest_concurrency.runtime.tasks.virtual_time import TICK_SECONDS, later


def test_a_wait_ends_when_somebody_wakes(baton: Baton) -> None:
    door = object()

    def wait() -> bool:
        assert baton.current is not None
        return baton.block(baton.current, Waiting("door", door), id(door), 5.0)

    def wake() -> None:
        point(baton)
        baton.wake(id(door))

    waited, _ = run(baton, Scripted(1), wait, wake)
    assert waited.result is True


def test_waits_run_out_in_the_order_of_their_ends(baton: Baton) -> None:
    ended: list[float] = []

    def doze(seconds: float) -> None:
        sleep(baton, seconds)
        ended.append(seconds)

    started: list[float] = []
    run(
        baton,
        Scripted(),
        lambda: started.append(baton.clock.now),
        *map(partial, [doze] * 3, [3, 1, 2]),
    )
    assert ended == [1, 2, 3]
    assert baton.clock._time_ended == later(started[0], 3)


def test_waits_that_end_at_once_end_together(baton: Baton) -> None:
    strategy = Scripted()
    run(baton, strategy, partial(sleep, baton, 1.0), partial(sleep, baton, 1.0))
    assert strategy.offered[-1] == [1, 2]


def test_only_short_waits_are_offered_to_run_out_early(baton: Baton) -> None:
    asked: list[list[int]] = []

    class Asked(Scripted):
        def hurry(self, sleepers: list[Task], task: Task) -> Task | None:
            asked.append([each.index for each in sleepers])
            return None

    long = SHORT_WAIT_SECONDS * 1.5
    run(
        baton,
        Asked(1, 2, 3, 3),
        partial(sleep, baton, SHORT_WAIT_SECONDS),
        partial(sleep, baton, long),
        lambda: [point(baton) for _ in range(3)],
    )
    assert [1] in asked
    assert not any(2 in each for each in asked)


def test_a_wait_that_is_hurried_lets_time_jump(baton: Baton) -> None:
    class Hurries(Scripted):
        def hurry(self, sleepers: list[Task], task: Task) -> Task | None:
            return sleepers[0]

    times: list[float] = []

    def doze() -> None:
        times.append(baton.clock.now)
        sleep(baton, 0.5)

    run(baton, Hurries(1), doze, lambda: [point(baton), times.append(baton.clock.now)])
    assert times[1] == later(times[0], 0.5)
    assert baton.account.hurried == [(1, 0.5)]


def test_a_wait_that_has_run_out_is_not_ended_once_more(baton: Baton) -> None:
    """Its thread has not gone on yet, and would be runnable twice."""

    class Hurries(Scripted):
        def hurry(self, sleepers: list[Task], task: Task) -> Task | None:
            return sleepers[0] if len(sleepers) == 2 else None

    one, other = object(), object()
    runnable: list[int] = []

    def wait(door: object) -> bool:
        assert baton.current is not None
        return baton.block(baton.current, Waiting("door", door), id(door), 0.5)

    def wake_other() -> None:
        assert not wait(one)  # as that of the other thread, which has run out at the same time
        baton.wake(id(other))
        runnable.extend(each.index for each in baton.enabled)

    strategy = Hurries(1, 2, 3)
    first, second, _ = run(baton, strategy, wake_other, lambda: wait(other), lambda: point(baton))
    assert first.error is None
    assert second.result is False
    assert runnable == [1, 2, 3]


def test_looking_at_the_clock_moves_it_faster_and_faster(baton: Baton) -> None:
    def poll() -> int:
        looks = 1
        end = baton.clock.now + 1.0
        while baton.look_at_clock() < end:
            looks += 1
        return looks

    (task,) = run(baton, Scripted(), poll)
    assert task.result < 1.0 / TICK_SECONDS / 10


def test_sums_of_times_do_not_depend_on_where_they_begin() -> None:
    assert later(later(1000.1, 0.1), 0.2) == later(1000.1, 0.3)
    assert 1000.1 + 0.1 + 0.2 != 1000.1 + 0.3  # what it is for


@pytest.mark.skipif(not hasattr(select, "poll"), reason="needs poll")
def test_a_descriptor_that_becomes_ready_ends_the_wait(baton: Baton) -> None:
    reader, writer = os.pipe()

    def wait() -> bool:
        assert baton.current is not None
        target = Descriptors("data", {reader: READABLE})
        return baton.wait_until_ready(baton.current, target, None)

    def write() -> None:
        point(baton)
        os.write(writer, b"x")  # nobody is told: it is looked for after some points
        for _ in range(POINTS_BETWEEN_POLLS + 1):
            point(baton)

    waited, _ = run(baton, Scripted(1), wait, write, limit=10 * POINTS_BETWEEN_POLLS)
    os.close(reader)
    os.close(writer)
    assert waited.result is True
    assert not baton.polled
