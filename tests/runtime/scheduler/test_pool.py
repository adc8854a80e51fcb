"""Threads that are kept."""

from __future__ import annotations

import threading
from _thread import allocate_lock
from contextvars import ContextVar

import pytest

from pytest_concurrency.runtime.tasks import pool
from pytest_concurrency.runtime.tasks.pool import Worker, WorkerPool, new_context


def _done_by(worker: Worker) -> int:
    """Let a worker run one job; return the thread that has run it."""
    threads: list[int] = []
    ended = allocate_lock()
    ended.acquire()

    def job() -> None:
        threads.append(threading.get_ident())
        ended.release()

    worker.job = job
    worker.gate.release()
    ended.acquire()
    return threads[0]


def _threads_of(pool: WorkerPool) -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.ident in pool.idents]


def test_a_worker_runs_one_job_after_another_on_its_thread() -> None:
    workers = WorkerPool()
    workers.start()
    worker = workers.take()
    assert {_done_by(worker) for _ in range(3)} == {worker.ident}
    workers.give_back(worker)
    workers.close()


def test_the_last_one_that_came_back_is_taken_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "LOCALS", {})
    workers = WorkerPool()
    for _ in range(2):
        workers.start()
    one, other = workers.take(), workers.take()
    workers.give_back(one)
    workers.give_back(other)
    assert workers.take() is other
    workers.give_back(other)
    workers.close()


def test_it_says_what_it_lacks() -> None:
    workers = WorkerPool()
    assert workers.lacks(1)
    workers.start()
    assert not workers.lacks(1)
    assert workers.lacks(2)
    workers.close()


def test_closing_ends_its_threads() -> None:
    workers = WorkerPool()
    for _ in range(3):
        workers.start()
    threads = _threads_of(workers)
    assert len(threads) == 3
    workers.close()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
    assert not workers.idents


@pytest.mark.parametrize("has_locals", [False, True])
def test_no_thread_is_used_again_that_would_keep_values_of_thread_locals(
    monkeypatch: pytest.MonkeyPatch, has_locals: bool
) -> None:
    monkeypatch.setattr(pool, "_CAN_CLEAR_LOCALS", False)
    monkeypatch.setattr(pool, "LOCALS", {1: threading.local} if has_locals else {})
    workers = WorkerPool()
    workers.start()
    workers.give_back(workers.take())
    assert workers.lacks(1) is has_locals
    workers.close()


def test_a_job_begins_with_the_context_of_a_new_thread() -> None:
    variable: ContextVar[int] = ContextVar("variable", default=0)
    variable.set(1)
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.append(variable.get()))
    thread.start()
    thread.join()
    assert found == [new_context().run(variable.get)]
