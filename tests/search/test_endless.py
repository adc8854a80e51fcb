"""What does not end is told from what is only long, and from what is kept from its end."""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable, Hashable
from math import inf
from pathlib import Path
from typing import Any

import pytest

from pytest_concurrency import api, explore
from pytest_concurrency.detect.hazards.no_progress import FoundNoProgress
from pytest_concurrency.detect.observation import Execution, Observation
from pytest_concurrency.model import Schedule
from pytest_concurrency.runtime.trace.event import Event, access
from pytest_concurrency.search.explorer import Explorer


class LockFile:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.total = 0

    def add(self) -> None:
        while True:
            try:
                handle = os.open(self.path, os.O_CREAT | os.O_EXCL)
                break
            except FileExistsError:
                continue
        self.total += 1
        os.close(handle)
        self.path.unlink()


class Flag:
    def __init__(self) -> None:
        self.is_up = False

    def wait(self) -> None:
        while not self.is_up:
            pass

    def nothing(self) -> None: ...


@pytest.mark.parametrize("strategy", ["auto", "random", "pct", "pos", "surw", "systematic"])
def test_who_spins_for_a_lock_file_gets_it_in_the_end(tmp_path: Path, strategy: str) -> None:
    found = explore(
        lambda: LockFile(tmp_path / "lock"),
        [LockFile.add, LockFile.add],
        lambda thing: thing.total == 2,
        schedules=40,
        strategy=strategy,
    )
    assert not found.hazards


def test_a_flag_that_nobody_raises_is_no_progress() -> None:
    found = explore(Flag, [Flag.wait, Flag.nothing], schedules=5)
    assert [hazard.kind for hazard in found.hazards] == ["no-progress"]
    assert "which nobody writes" in found.hazards[0].message


class Empty:
    """Each waits in a loop for what nobody gives."""

    def __init__(self) -> None:
        self.event, self.lock, self.queue = threading.Event(), threading.Lock(), queue.Queue[int]()
        self.lock.acquire()

    def poll_event(self) -> None:
        while not self.event.wait(0.05):
            pass

    def poll_lock(self) -> None:
        while not self.lock.acquire(blocking=False):
            pass

    def poll_queue(self) -> None:
        while self.queue.empty() or not self.queue.get_nowait():
            pass


@pytest.mark.parametrize("loop", [Empty.poll_event, Empty.poll_lock, Empty.poll_queue])
def test_who_only_looks_is_not_followed_for_long(
    monkeypatch: pytest.MonkeyPatch, loop: Callable[[Empty], None]
) -> None:
    points = []
    execute = Explorer._execute

    def counted(self: Explorer, *args: Any, **kwargs: Any) -> Observation:
        observation = execute(self, *args, **kwargs)
        points.append(observation.execution.steps)
        return observation

    monkeypatch.setattr(Explorer, "_execute", counted)
    found = explore(Empty, [loop, lambda _: None], schedules=5)
    assert [hazard.kind for hazard in found.hazards] == ["no-progress"]
    assert sum(points) < 1_000_000


class Ticking:
    def __init__(self) -> None:
        self.stopped = False
        self.ticks = [0]

    def tick(self) -> None:
        stopped = self.stopped
        while not stopped:
            self.ticks[0] = 1

    def stop(self) -> None:
        self.stopped = True


def test_the_same_loop_is_followed_for_long_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not again when the schedule is shortened."""
    points = []
    execute = Explorer._execute

    def counted(self: Explorer, *args: Any, **kwargs: Any) -> Observation:
        observation = execute(self, *args, **kwargs)
        points.append(observation.execution.steps)
        return observation

    monkeypatch.setattr(Explorer, "_execute", counted)
    found = explore(Ticking, [Ticking.stop, Ticking.tick], schedules=30, seed=2)
    assert [hazard.kind for hazard in found.hazards] == ["no-progress"]
    assert sum(each > 500_000 for each in points) == 1


class Following:
    """Executes what never ends, and keeps in mind how long it was followed."""

    limit, deadline = 1000, inf

    def __init__(self) -> None:
        self.followed_for_long: set[Hashable] = set()
        self.limits: list[int] = []
        self.event = access(1, 0, 1, "", "write")

    def ended_fairly(self, schedule: Schedule, steps: int, limit: int) -> Observation:
        self.limits.append(limit)
        return Observation(endless([self.event] * 3000))


def endless(log: list[Event]) -> Execution:
    return Execution("step-limit", (), 0, len(log), log, 3, (), (), 0)


def test_another_loop_is_followed_for_long_again() -> None:
    again: Any = Following()
    suspect = FoundNoProgress("no-progress", Observation(endless([])))
    assert suspect.refuted(again) is None
    assert suspect.refuted(again) is None
    assert again.limits == [5000, 50_000, 5000]
    for other in (access(2, 0, 1, "", "write"), access(1, 1, 1, "", "write")):
        again.event, again.limits = other, []
        assert suspect.refuted(again) is None
        assert again.limits == [5000, 50_000]


class Worker:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.stopped = False
        self.value = 0

    def work_more_if_it_has_to_wait(self) -> None:
        mine = Flag()
        if not self.lock.acquire(blocking=False):
            for _ in range(120_000):
                mine.is_up = not mine.is_up
            self.lock.acquire()
        self.value += 1
        self.lock.release()

    def work_until_stopped(self) -> None:
        while not self.stopped:
            self.value += 1

    def work_without_end(self) -> None:
        while True:
            self.value += 1

    def stop_after_a_while(self) -> None:
        time.sleep(0.9)
        self.stopped = True


def test_who_has_more_to_do_in_some_schedule_comes_to_an_end() -> None:
    work = Worker.work_more_if_it_has_to_wait
    found = explore(Worker, [work, work], schedules=12, strategy="systematic")
    assert not found.hazards


@pytest.mark.parametrize("strategy", ["random", "systematic"])
def test_sleepers_wake_while_others_work(strategy: str) -> None:
    workers = [Worker.work_until_stopped, Worker.stop_after_a_while]
    assert not explore(Worker, workers, schedules=5, strategy=strategy).hazards


def test_what_goes_on_when_time_is_up_is_too_long() -> None:
    found = explore(Worker, [Worker.work_without_end] * 2, schedules=5, seconds=0.3)
    assert not found.hazards
    assert found.reason.startswith("too long: ")
    assert found.reason.endswith(" points, 0 of 5 schedules fitted")


class Node:
    def __init__(self, value: int) -> None:
        self.value = value


class Chain:
    def __init__(self) -> None:
        self.nodes = [Node(number) for number in range(20_000)]

    def look_through(self) -> None:
        for node in self.nodes:
            assert node.value >= 0

    def look_again(self) -> None:
        first = self.nodes[0]
        while not first.value:
            pass


@pytest.mark.parametrize(
    ("look", "kinds"), [(Chain.look_through, []), (Chain.look_again, ["no-progress"])]
)
def test_who_looks_at_something_else_each_time_may_come_to_an_end(
    monkeypatch: pytest.MonkeyPatch, look: Callable[[Chain], None], kinds: list[str]
) -> None:
    monkeypatch.setattr(api, "_FIRST_LIMIT", 1000)
    found = explore(Chain, [look], schedules=2)
    assert [hazard.kind for hazard in found.hazards] == kinds
    assert not found.reason
