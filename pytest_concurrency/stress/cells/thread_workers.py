"""The threads that a test starts itself, as processes.

``start`` notes down what is to be run; the processes are forked when the test waits for the first
one. Jobs of a ``ThreadPoolExecutor`` are processes, too, as many at once as it has threads.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

from pytest_concurrency.runtime.threads import expect_hooks, put_usual_hooks, taken_care_of
from pytest_concurrency.stress.context import End, Job

Run = Callable[[Sequence[Job]], list[End]]
_POOLS = ("multiprocessing.", "concurrent.", "asyncio.", "queue")


class NotMapped(BaseException):
    """A thread has no counterpart in processes; the message says why."""


class _Pending:
    """What has been started, and is not yet forked."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.threads: list[threading.Thread] = []
        self.jobs: list[tuple[_Deferred, Job, int]] = []
        self.known: set[int] = set()
        """Identities of the threads that became processes; the test holds them."""
        self.kept: list[threading.Thread] = []

    def run(self) -> None:
        """Fork what is pending, and wait for the end of all of it."""
        threads, self.threads = self.threads, []
        jobs, self.jobs = self.jobs, []
        if threads:
            self._run([partial(_as_thread, thread) for thread in threads])
        while jobs:
            size = max(jobs[0][2], 1)
            batch, jobs = jobs[:size], jobs[size:]
            ends = self._run([partial(_as_it_was, job) for _, job, _ in batch])
            for (future, _, _), end in zip(batch, ends, strict=True):
                future.finish(end)


class _Deferred(Future[Any]):
    """The future of a job. Whatever is asked of it goes through its condition, and has it run."""

    def __init__(self, pending: _Pending) -> None:
        self._own: Any = None
        self._pending: _Pending | None = None
        super().__init__()
        self._pending = pending

    @property
    def _condition(self) -> Any:
        pending, self._pending = self._pending, None
        if pending is not None:
            pending.run()
        return self._own

    @_condition.setter
    def _condition(self, condition: Any) -> None:
        self._own = condition

    def finish(self, end: End) -> None:
        """Give it what its process brought back."""
        self._pending = None
        if end.error is not None:
            self.set_exception(end.error)
        elif end.outcome is not None and end.outcome.is_bad:
            self.set_exception(RuntimeError(end.outcome.message))
        else:
            self.set_result(end.value)


_ORIGINALS: dict[tuple[type, str], Any] = {
    (cls, name): getattr(cls, name)
    for cls, name in (
        (threading.Thread, "start"),
        (threading.Thread, "join"),
        (threading.Thread, "is_alive"),
        (ThreadPoolExecutor, "submit"),
        (ThreadPoolExecutor, "shutdown"),
    )
}


def _put_back() -> None:
    for (cls, name), original in _ORIGINALS.items():
        setattr(cls, name, original)


def _as_it_was(job: Job) -> Any:
    """Run a job in its process: threads that it starts are threads."""
    _put_back()
    return job()


def _as_thread(thread: threading.Thread) -> Any:
    """Run a thread in its process: what it dies of goes the way that ``threading`` sends it."""
    try:
        return _as_it_was(thread.run)
    except SystemExit:
        return None
    except BaseException as error:
        if taken_care_of(thread, error):
            return None
        raise


@contextmanager
def threads_as_workers(run: Run) -> Iterator[None]:
    """Let threads that are started in the block be processes, which ``run`` runs."""
    pending = _Pending(run)
    start, join = threading.Thread.start, threading.Thread.join
    is_alive, shutdown = threading.Thread.is_alive, ThreadPoolExecutor.shutdown

    def start_later(thread: threading.Thread) -> None:
        if id(thread) in pending.known or thread.ident is not None:
            start(thread)  # says in its own words that it cannot be started twice
            return
        target = getattr(thread, "_target", None)
        module = f"{getattr(target, '__module__', '')}."
        if type(thread).__module__.startswith(_POOLS) or module.startswith(_POOLS):
            raise NotMapped(
                f"a thread of {type(thread).__module__} that the test uses has no counterpart in "
                "processes"
            )
        pending.threads.append(thread)
        pending.known.add(id(thread))
        pending.kept.append(thread)

    def join_all(thread: threading.Thread, timeout: float | None = None) -> None:
        if id(thread) in pending.known:
            pending.run()
        else:
            join(thread, timeout)

    def is_running(thread: threading.Thread) -> bool:
        if id(thread) not in pending.known:
            return is_alive(thread)
        pending.run()
        return False

    def submit(pool: Any, function: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        if pool._shutdown:
            raise RuntimeError("cannot schedule new futures after shutdown")
        future = _Deferred(pending)
        pending.jobs.append((future, partial(function, *args, **kwargs), pool._max_workers))
        return future

    def shut_down(pool: Any, wait: bool = True, **more: Any) -> None:
        pending.run()
        shutdown(pool, wait, **more)

    replaced = (start_later, join_all, is_running, submit, shut_down)
    for (cls, name), function in zip(_ORIGINALS, replaced, strict=True):
        setattr(cls, name, function)
    expect_hooks()
    try:
        yield
        if pending.threads:
            raise NotMapped(
                f"the test does not wait for {pending.threads[0].name}: a thread that goes on in "
                "the background has no counterpart in processes"
            )
        pending.run()
    finally:
        _put_back()
        put_usual_hooks()
