"""An execution from its begin to its end."""

from __future__ import annotations

import gc
import os
import threading
import weakref
from functools import partial

import pytest
from scripted import LIMIT, Scripted, acquire, point, release, run, sleep

from pytest_concurrency.runtime.scheduler.baton import Baton
from pytest_concurrency.runtime.tasks import pool
from pytest_concurrency.runtime.tasks.task import Abort


def test_results_and_exceptions_are_those_of_the_jobs(baton: Baton) -> None:
    def fail() -> None:
        raise ValueError("here")

    tasks = run(baton, Scripted(), lambda: 1, fail, lambda: "three")
    assert [task.result for task in tasks] == [1, None, "three"]
    assert [type(task.error) for task in tasks] == [type(None), ValueError, type(None)]
    assert not baton.account.outcome
    assert baton.current is None


def test_one_runs_at_a_time_in_the_order_that_is_chosen(baton: Baton) -> None:
    seen: list[tuple[int, int]] = []

    def job(number: int) -> None:
        for step in range(3):
            point(baton)
            seen.append((number, step))

    # Who begins; at the first point of 1: go to 2; at its points: stay, back to 1, which stays.
    strategy = Scripted(1, 2, 2, 1, 1, 1)
    run(baton, strategy, partial(job, 1), partial(job, 2))
    assert seen == [(2, 0), (1, 0), (1, 1), (1, 2), (2, 1), (2, 2)]
    assert baton.account.preemptions == 2


def test_steps_are_counted_by_task(baton: Baton) -> None:
    tasks = run(
        baton,
        Scripted(points=100),
        lambda: [point(baton) for _ in range(5)],
        lambda: [point(baton) for _ in range(7)],
    )
    end = 1  # the end of a task is a step of it, too
    assert [task.steps for task in tasks] == [5 + end, 7 + end]


def test_locks_in_opposite_orders_are_a_deadlock_and_everybody_is_unwound(baton: Baton) -> None:
    one, other = threading.Lock(), threading.Lock()
    unwound: list[int] = []

    def both(number: int, first: threading.Lock, second: threading.Lock) -> None:
        try:
            acquire(baton, first)
            acquire(baton, second)
        except Abort:
            unwound.append(number)
            raise

    # 1 takes its first lock, then 2 does; the rest follows.
    strategy = Scripted(1, 1, 2, 2)
    run(baton, strategy, partial(both, 1, one, other), partial(both, 2, other, one))
    assert baton.account.outcome == "deadlock"
    assert sorted(unwound) == [1, 2]
    assert not baton.abandoned()


def test_who_passes_too_many_points_is_given_up(baton: Baton) -> None:
    def spin() -> None:
        while True:
            point(baton)

    run(baton, Scripted(points=10), spin, lambda: None)
    assert baton.account.outcome == "step-limit"
    assert baton.total == LIMIT


def test_a_wait_that_runs_out_is_no_deadlock(baton: Baton) -> None:
    (task,) = run(baton, Scripted(), lambda: sleep(baton, 1000.0))
    assert not baton.account.outcome
    assert task.result is False


def test_what_a_strategy_raises_is_kept_from_the_program(baton: Baton) -> None:
    class Broken(Scripted):
        def choose(self, enabled, task):
            raise LookupError("a mistake of the strategy")

    tasks = run(baton, Broken(), lambda: point(baton), lambda: point(baton))
    assert [task.error for task in tasks] == [None, None]
    assert isinstance(baton.account.mistake, LookupError)


def test_a_thread_that_the_program_starts_takes_part(baton: Baton) -> None:
    seen: list[str] = []

    def body() -> None:
        task = baton.adopt("one more")

        def work() -> None:
            baton.enter(task)
            try:
                point(baton)
                seen.append("thread")
            finally:
                baton.finish(task)

        thread = threading.Thread(target=work)
        with baton.unmanaged():
            thread.start()
        holder = baton.current
        assert holder is not None
        while not task.done:
            baton.block(holder, task, id(task))
        seen.append("joined")
        with baton.unmanaged():
            thread.join()

    run(baton, Scripted(), body)
    assert seen == ["thread", "joined"]


def test_nothing_of_an_execution_is_kept_alive_by_the_next(baton: Baton) -> None:
    class Thing:
        pass

    thing = Thing()
    known = weakref.ref(thing)
    run(baton, Scripted(), partial(lambda thing: point(baton, thing), thing))
    del thing
    run(baton, Scripted(), lambda: None)
    gc.collect()
    assert known() is None


def test_threads_are_used_again(baton: Baton, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "LOCALS", {})
    idents: set[int] = set()

    def job() -> None:
        point(baton)
        idents.add(threading.get_ident())

    for _ in range(5):
        run(baton, Scripted(), job, job)
    assert idents <= baton.pool.idents
    assert len(baton.pool.idents) == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_process_is_no_part_of_the_execution(baton: Baton) -> None:
    def forks() -> int:
        child = os.fork()
        if not child:
            baton.forget_in_child()
            os._exit(0 if baton.current is None and not baton.tasks else 1)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    (task,) = run(baton, Scripted(), forks)
    assert task.result == 0


def test_releasing_lets_the_one_that_waits_go_on(baton: Baton) -> None:
    lock = threading.Lock()
    order: list[str] = []

    def hold() -> None:
        acquire(baton, lock)
        point(baton)
        order.append("held")
        release(baton, lock)

    def wait() -> None:
        acquire(baton, lock)
        order.append("waited")
        release(baton, lock)

    run(baton, Scripted(1, 1, 2, 2), hold, wait)
    assert order == ["held", "waited"]
    assert not lock.locked()
