"""Executors that are older than the execution: module or session fixtures, globals.

Their worker threads are not managed, or belong to an execution that has ended, or did not survive
the fork of the process. For the time of an execution such an executor gets new ones, and its own
back afterwards.
"""

from __future__ import annotations

import logging
import queue
import threading
from concurrent.futures import Future, ThreadPoolExecutor, thread
from functools import partial
from typing import Any

from pytest_concurrency.runtime.effects import containers
from pytest_concurrency.runtime.helpers.methods import METHODS_OF_C, note_method
from pytest_concurrency.runtime.scheduler.baton import baton as _b
from pytest_concurrency.runtime.scheduler.task import Abort, Task, task_of
from pytest_concurrency.runtime.trace.sites import add_call_in

_real_submit: Any = ThreadPoolExecutor.submit
_worker: Any = thread._worker
_JOB = add_call_in(thread._WorkItem.run, "what its job belongs to")


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
        if any(task_of(each, _b.tasks) is None for each in self._threads):
            _lend_workers(self)
        elif not self._threads:
            self._threads = _InOrder()
        if type(fn) in METHODS_OF_C and containers.method_kind(type(fn.__self__), fn.__name__):
            fn = partial(_call_method, fn)
    future: Future[Any] = _real_submit(self, fn, *args, **kwargs)
    return future


def _call_method(method: Any, *args: Any, **kwargs: Any) -> Any:
    note_method(_JOB, method.__self__, method.__name__, args)
    return method(*args, **kwargs)


def _lend_workers(executor: Any) -> None:
    before = executor._threads, executor._work_queue, executor._idle_semaphore
    _b.at_end.append(partial(_give_back, executor, before))
    _start_over(executor)
    executor._work_queue = queue.SimpleQueue()


def _give_back(executor: Any, before: tuple[Any, ...]) -> None:
    executor._threads, executor._work_queue, executor._idle_semaphore = before
    if executor._shutdown:
        executor._work_queue.put(None)  # its own workers have not heard of it yet


def _start_over(executor: Any) -> None:
    executor._threads = _InOrder()
    executor._idle_semaphore = threading.Semaphore(0)


def start_over_after_fork() -> None:
    """In a forked child: let executors, whose workers did not survive the fork, start new ones."""
    for each in list(threading._dangling):  # type: ignore[attr-defined]
        if getattr(each, "_target", None) is _worker and not each.is_alive():
            _retire(each._args[0], each)


def note_worker(started: threading.Thread, task: Task) -> None:
    """Take note of a thread that starts: if it is an executor's, the executor may be used again
    when the execution, and with it the thread, has ended.
    """
    if started._target is _worker:  # type: ignore[attr-defined]
        executor_ref = started._args[0]  # type: ignore[attr-defined]
        executor = executor_ref()
        if executor is not None:
            task.jobs = executor._work_queue
            _b.at_end.append(partial(_retire, executor_ref, started))


def is_idle_worker(task: Task, waits_for: object) -> bool:
    """Whether the task is a worker of an executor that waits for jobs."""
    return task.jobs is not None and getattr(waits_for, "target", None) is task.jobs


def is_news(record: logging.LogRecord) -> bool:
    """Filter of the executors' and event loops' loggers: that a thread is unwound at the end is
    nobody's business.
    """
    return not (record.exc_info and record.exc_info[0] is Abort)


def _retire(executor_ref: Any, worker: threading.Thread) -> None:
    executor = executor_ref()
    if executor is not None and worker in executor._threads:
        executor._threads.discard(worker)
        if not executor._threads:
            _start_over(executor)
