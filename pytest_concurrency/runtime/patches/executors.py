"""Executors that are older than the execution: module or session fixtures, globals.

Their worker threads are not managed, or belong to an execution that has ended, or did not survive
the fork of the process. For the time of an execution such an executor gets new ones, and its own
back afterwards.
"""

from __future__ import annotations

import logging
import queue
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

from pytest_concurrency._compat import (
    Pool,
    arguments_of,
    is_shut_down,
    pool_of,
    pool_worker,
    put_pool,
    run_work_item,
    target_of,
    threads_with_objects,
)
from pytest_concurrency.runtime.helpers.completion import note_failed
from pytest_concurrency.runtime.helpers.methods import noting
from pytest_concurrency.runtime.scheduler.baton import baton as _b
from pytest_concurrency.runtime.tasks.task import Abort, Task, task_of
from pytest_concurrency.runtime.trace.sites import add_call_in

_real_submit: Any = ThreadPoolExecutor.submit
_NEVER_RETRIEVED = "exception was never retrieved"
"""What an event loop says of a task that has gone, or of a future."""
_JOB = add_call_in(run_work_item, "what its job belongs to")


class _InOrder(dict[threading.Thread, None]):
    """Stands in for an executor's set of threads, which ``shutdown`` joins in the order of their
    addresses: in a different one in each execution.
    """

    def add(self, thread: threading.Thread) -> None:
        """Add to the end."""
        self[thread] = None

    def discard(self, thread: threading.Thread) -> None:
        """Take out."""
        self.pop(thread, None)


def submit(self: Any, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
    """Replace ``ThreadPoolExecutor.submit``."""
    if _b.holder() is not None:
        workers = pool_of(self).threads
        if any(task_of(each, _b.tasks) is None for each in workers):
            _lend_workers(self)
        elif not workers:
            put_pool(self, pool_of(self)._replace(threads=_InOrder()))
        fn = noting(fn, _JOB)
    future: Future[Any] = _real_submit(self, fn, *args, **kwargs)
    return future


def _lend_workers(executor: Any) -> None:
    _b.at_end.append(partial(_give_back, executor, pool_of(executor)))
    put_pool(executor, _new_pool(queue.SimpleQueue()))


def _give_back(executor: Any, before: Pool) -> None:
    put_pool(executor, before)
    if is_shut_down(executor):
        before.jobs.put(None)  # its own workers have not heard of it yet


def _new_pool(jobs: Any) -> Pool:
    return Pool(_InOrder(), jobs, threading.Semaphore(0))


def start_over_after_fork() -> None:
    """In a forked child: let executors, whose workers did not survive the fork, start new ones."""
    for each in threads_with_objects():
        if target_of(each) is pool_worker and not each.is_alive():
            _retire(arguments_of(each)[0], each)


def note_worker(started: threading.Thread, task: Task) -> None:
    """Take note of a thread that starts: if it is an executor's, the executor may be used again
    when the execution, and with it the thread, has ended.
    """
    if target_of(started) is pool_worker:
        executor_ref = arguments_of(started)[0]
        executor = executor_ref()
        if executor is not None:
            task.jobs = pool_of(executor).jobs
            _b.at_end.append(partial(_retire, executor_ref, started))


def is_idle_worker(task: Task, waits_for: object) -> bool:
    """Whether the task is a worker of an executor that waits for jobs."""
    return task.jobs is not None and getattr(waits_for, "target", None) is task.jobs


def is_news(record: logging.LogRecord) -> bool:
    """Filter of the executors' and event loops' loggers: that a thread is unwound at the end is
    nobody's business. That nobody has asked for the exception of a task is noted.
    """
    kind, error, _ = record.exc_info or (None, None, None)
    if type(record.msg) is str and _NEVER_RETRIEVED in record.msg.partition("\n")[0]:
        note_failed(record, error)
    return kind is not Abort


def _retire(executor_ref: Any, worker: threading.Thread) -> None:
    executor = executor_ref()
    pool = pool_of(executor) if executor is not None else None
    if pool is not None and worker in pool.threads:
        pool.threads.discard(worker)
        if not pool.threads:
            put_pool(executor, _new_pool(pool.jobs))
