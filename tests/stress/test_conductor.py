"""Executions of processes of which it is decided, at each touch of the outside, who goes on."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pytest_concurrency.detect.observation import Execution
from pytest_concurrency.model import Schedule
from pytest_concurrency.runtime.tasks.protocols import Strategy
from pytest_concurrency.runtime.trace.event import location, operation, resource_of, thread_of
from pytest_concurrency.runtime.trace.resource import FILE, overlap
from pytest_concurrency.search.execution.choices import Choices
from pytest_concurrency.search.execution.learning import Learning
from pytest_concurrency.search.orders.fair import Fair
from pytest_concurrency.search.orders.replay import Replay
from pytest_concurrency.stress.conducted.conductor import Conductor
from pytest_concurrency.stress.conducted.ranked import ThenWalks, hope_of
from pytest_concurrency.stress.conducted.wording import spoken
from pytest_concurrency.stress.conducted.written_down import name_of
from pytest_concurrency.stress.outside.asking import GO
from pytest_concurrency.stress.outside.touch import Touch, entries_of
from pytest_concurrency.stress.processes.turns import Asks, Conducted
from pytest_concurrency.stress.processes.worker import WorkerResult
from pytest_concurrency.stress.processes.workers import run_workers

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
FORK = multiprocessing.get_context("fork")
LIMIT = 10_000


def conducted(
    *jobs: Callable[[], Any], by: Strategy | None = None, limit: int = LIMIT, seconds: float = 60
) -> tuple[Execution, tuple[WorkerResult, ...]]:
    conductor = Conductor(by or Replay(Schedule()), limit)
    deadline = time.monotonic() + seconds
    done = run_workers(jobs, Conducted(conductor), deadline=deadline)
    return conductor.execution(), done.results


def order(execution: Execution) -> list[tuple[int, str]]:
    return [(thread_of(event), operation(event)) for event in execution.log]


def add_one(path: Path) -> None:
    with path.open() as file:
        number = int(file.read())
    with path.open("w") as file:
        file.write(str(number + 1))


@pytest.fixture
def count(tmp_path: Path) -> Path:
    path = tmp_path / "count"
    path.write_text("0")
    return path


def test_one_after_another_by_default(count: Path) -> None:
    execution, _ = conducted(*[partial(add_one, count)] * 2)
    assert order(execution) == [(1, "read"), (1, "write"), (2, "read"), (2, "write")]
    assert (execution.outcome, execution.switches, execution.preemptions) == ("", [], 0)
    assert count.read_text() == "2"


class HearsNothing:
    """Lets a worker go, and looks only whether it is there."""

    def attend(self, workers: Sequence[Asks], deadline: float) -> None:
        for worker in workers:
            worker.answer(GO)
            while not worker.is_over():
                time.sleep(0.001)

    def main_touched(self, touches: Sequence[Touch]) -> None: ...


def test_last_words_are_heard_after_the_end() -> None:
    done = run_workers([partial(int, "7")], Conducted(HearsNothing()))
    assert [(each.outcome.status, each.value) for each in done.results] == [("passed", 7)]


def test_a_schedule_is_followed_and_written_down(count: Path) -> None:
    execution, _ = conducted(*[partial(add_one, count)] * 2, by=Replay(Schedule(((1, 2, 2),))))
    assert order(execution) == [(1, "read"), (2, "read"), (2, "write"), (1, "write")]
    assert (execution.switches, execution.preemptions) == ([(1, 2, 2)], 1)
    assert count.read_text() == "1"


def test_the_last_one_may_come_first(count: Path) -> None:
    execution, _ = conducted(*[partial(add_one, count)] * 2, by=Replay(Schedule(((0, 0, 2),))))
    assert [thread for thread, _ in order(execution)] == [2, 2, 1, 1]
    assert execution.preemptions == 0


def schedules(count: Path, number: int) -> list[list[tuple[int, str]]]:
    """What a search runs, from its beginning."""
    learning = Learning()
    strategy = ThenWalks(Choices("seed"), learning, {}, None)
    found = []
    for _ in range(number):
        count.write_text("0")
        strategy.prepare()
        execution, _ = conducted(*[partial(add_one, count)] * 2, by=strategy)
        learning.note(execution.log, execution.noted)
        strategy.learn(execution)
        found.append(order(execution))
    return found


def test_the_same_seed_gives_the_same_schedules(count: Path) -> None:
    found = schedules(count, 6)
    assert schedules(count, 6) == found
    assert len({*map(tuple, found)}) > 3


def test_hope_ranks_processes_from_one(count: Path) -> None:
    conductor = Conductor(Replay(Schedule()), LIMIT)
    jobs = [partial(add_one, count)] * 2
    run_workers(jobs, Conducted(conductor), deadline=time.monotonic() + 60)
    hope = hope_of(conductor.touches)
    assert hope[1, 2] == 0
    assert {*hope} == {(1, 1), (1, 2), (2, 1), (2, 2)}


# -- who waits


def locks_file(path: Path, *, twice: Path | None = None) -> None:
    with path.open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if twice is not None:
            locks_file(twice)


def test_who_would_wait_for_a_lock_is_not_let_go(tmp_path: Path) -> None:
    job = partial(locks_file, tmp_path / "a", twice=tmp_path / "b")
    # Process 1 is stopped while it holds the first lock.
    execution, results = conducted(job, job, by=Replay(Schedule(((1, 3, 2),))))
    assert execution.outcome == ""
    assert [result.outcome.status for result in results] == ["passed", "passed"]


def test_a_lock_on_an_inherited_descriptor_is_had_by_all(count: Path, tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w") as guard:

        def work() -> None:
            fcntl.flock(guard, fcntl.LOCK_EX)
            add_one(count)

        # Process 1 is stopped before it writes.
        execution, _ = conducted(work, work, by=Replay(Schedule(((1, 3, 2),))))
    assert [thread for thread, _ in order(execution)] == [1, 1, 2, 2, 2, 1]
    assert count.read_text() == "1"


def test_two_that_wait_for_each_other(tmp_path: Path) -> None:
    one = partial(locks_file, tmp_path / "a", twice=tmp_path / "b")
    other = partial(locks_file, tmp_path / "b", twice=tmp_path / "a")
    execution, _ = conducted(one, other, by=Replay(Schedule(((1, 4, 2),))))
    assert execution.outcome == "deadlock"
    assert {state.waits_for for state in execution.states} == {
        "lock on file b held by thread 2",
        "lock on file a held by thread 1",
    }
    assert {state.site.function for state in execution.states if state.site} == {"locks_file"}


def test_who_waits_without_asking_is_seen_to(count: Path) -> None:
    barrier = FORK.Barrier(2)

    def work() -> None:
        add_one(count)
        barrier.wait()
        add_one(count)

    execution, _ = conducted(work, work)
    assert execution.outcome == ""
    assert [thread for thread, _ in order(execution)][:4] == [1, 1, 2, 2]
    assert count.read_text() == "4"


def test_who_goes_on_since_another_one_has_run_may_be_chosen(count: Path) -> None:
    gate = FORK.Semaphore(0)

    def waits() -> None:
        gate.acquire()
        add_one(count)

    def wakes() -> None:
        gate.release()
        add_one(count)

    # Process 2 alone could go on; it is stopped before it writes.
    execution, _ = conducted(waits, wakes, by=Replay(Schedule(((2, 2, 1),))))
    assert [thread for thread, _ in order(execution)] == [2, 1, 1, 2]
    assert execution.switches == [(2, 2, 1)]
    assert count.read_text() == "1"


def test_who_has_waited_for_a_lock_may_be_chosen_when_it_is_free(
    count: Path, tmp_path: Path
) -> None:
    def work() -> None:
        with (tmp_path / "lock").open("w") as guard:
            fcntl.flock(guard, fcntl.LOCK_EX)
            os.listdir(tmp_path)
        add_one(count)

    # Process 1 is stopped while it holds the lock, and once more before it writes.
    schedule = Schedule(((1, 3, 2), (1, 6, 2)))
    execution, _ = conducted(work, work, by=Replay(schedule))
    assert execution.switches == [*schedule.switches]
    assert count.read_text() == "1"


def test_a_wait_with_a_limit_is_no_deadlock() -> None:
    event = FORK.Event()
    execution, results = conducted(*[partial(event.wait, 0.5)] * 2)
    assert execution.outcome == ""
    assert [result.value for result in results] == [False, False]


def test_a_wait_without_a_limit_is_one() -> None:
    execution, _ = conducted(FORK.Event().wait, FORK.Event().wait)
    assert execution.outcome == "deadlock"


def test_who_sleeps_lets_others_go_first(count: Path) -> None:
    def sleeps() -> None:
        number = int(count.read_text())
        time.sleep(0.3)
        count.write_text(str(number + 1))

    execution, _ = conducted(sleeps, partial(add_one, count))
    assert [thread for thread, _ in order(execution)] == [1, 2, 2, 1]


def test_who_tries_again_and_again_lets_others_go_first(count: Path, tmp_path: Path) -> None:
    lock = tmp_path / "lock"

    def work() -> None:
        while True:
            try:
                os.close(os.open(lock, os.O_CREAT | os.O_EXCL))
                break
            except FileExistsError:
                time.sleep(0.0001)
        add_one(count)
        lock.unlink()

    # Process 1 is stopped while it has the lock.
    execution, _ = conducted(work, work, by=Replay(Schedule(((1, 3, 2),))))
    assert (execution.outcome, count.read_text()) == ("", "2")
    assert len(execution.log) < 60


def test_who_does_the_same_a_few_times_goes_on(count: Path) -> None:
    def work() -> None:
        for _ in range(10):
            count.read_text()

    execution, _ = conducted(work, work)
    assert [thread for thread, _ in order(execution)] == [1] * 10 + [2] * 10


# -- whatever they do


@pytest.mark.parametrize(
    ("end", "told"),
    [
        (lambda: os.kill(os.getpid(), signal.SIGKILL), "killed by SIGKILL"),
        (lambda: os._exit(3), "exited with status 3 (os._exit)"),
        (lambda: int("no number"), "ValueError: invalid literal for int() with base 10"),
    ],
)
def test_who_dies_costs_only_itself(count: Path, end: Callable[[], Any], told: str) -> None:
    def dies() -> None:
        count.read_text()
        end()

    execution, results = conducted(dies, partial(add_one, count))
    assert execution.outcome == ""
    assert results[0].outcome.message.startswith(told)
    assert (results[1].outcome.status, count.read_text()) == ("passed", "1")


def test_who_never_ends_is_given_up(count: Path) -> None:
    def spins() -> None:
        while True:
            pass

    execution, _ = conducted(spins, partial(add_one, count), seconds=0.5)
    assert execution.outcome == "timeout"


def test_who_touches_without_end_is_given_up(count: Path) -> None:
    def spins() -> None:
        while count.read_text() != "1":
            pass

    execution, _ = conducted(spins, spins, by=Fair(), limit=60)
    assert (execution.outcome, execution.steps) == ("step-limit", 60)


def test_threads_of_a_worker_ask_one_after_another(count: Path) -> None:
    def work() -> None:
        threads = [threading.Thread(target=count.read_text) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    execution, _ = conducted(work, partial(add_one, count))
    assert sorted(order(execution)) == [(1, "read"), (1, "read"), (2, "read"), (2, "write")]


def test_a_process_that_a_worker_forks_does_not_ask_but_the_worker_does(count: Path) -> None:
    def work() -> None:
        if pid := os.fork():
            os.waitpid(pid, 0)
        else:
            count.read_text()
            os._exit(0)

    execution, results = conducted(work, work)
    assert (sorted(order(execution)), execution.outcome) == ([(1, "use"), (2, "use")], "")
    assert [result.outcome.status for result in results] == ["passed", "passed"]


def test_nothing_stays_open(count: Path) -> None:
    conducted(partial(add_one, count))
    before = sorted(os.listdir("/proc/self/fd"))
    conducted(*[partial(add_one, count)] * 2)
    conducted(FORK.Event().wait)
    assert sorted(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("thread 1 wrote 3", "process 1 wrote 3"),
        ("no thread can go on", "no process can go on"),
        ("other threads could go on", "other processes could go on"),
        ("the main thread's read", "the main process's read"),
        ("a threading lock at thread.py:3", "a threading lock at thread.py:3"),
    ],
)
def test_what_is_said_of_threads_is_said_of_processes(said: str, meant: str) -> None:
    assert spoken(said) == meant


def test_a_name_that_comes_or_goes_is_no_step_of_its_own(tmp_path: Path) -> None:
    def makes(name: str) -> None:
        (tmp_path / name).mkdir()

    def lists() -> None:
        os.listdir(tmp_path)

    execution, _ = conducted(partial(makes, "a"), partial(makes, "a"), lists)
    assert execution.steps == 4  # the folder is read, and what is in it
    entries = [event for event in execution.log if resource_of(event) != FILE]
    assert [operation(event) for event in entries] == ["write", "write", "read"]
    one, other, listing = map(location, entries)
    assert not overlap(one, other)
    assert overlap(one, listing)
    assert overlap(other, listing)


def test_folders_are_named_alike_in_each_execution() -> None:
    for number in (1, 2):
        place = entries_of(f"/tmp/pytest-of-me/pytest-{number}/test_it{number}")
        assert name_of(Touch(0, place, "write", part="a")) == "folder test_it"
