"""The threads that a test starts itself, as processes.

``start`` notes down what is to be run; the processes are forked when the test waits for the first
one. Jobs of a ``ThreadPoolExecutor`` are processes, too, as many at once as it has threads.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from types import CodeType, FrameType
from typing import Any, NoReturn

from pytest_concurrency._compat import getframe, is_shut_down, most_workers, target_of
from pytest_concurrency._origins import installed_package
from pytest_concurrency.runtime.effects.foreign import INSTRUMENTED_MODULES
from pytest_concurrency.runtime.patches.threads import expect_hooks, put_usual_hooks, taken_care_of
from pytest_concurrency.stress.cells.context import End, Job

Run = Callable[[Sequence[Job]], list[End]]
_POOLS = ("multiprocessing.", "concurrent.", "asyncio.", "queue")
_SERVANTS = ("multiprocessing.queues", "concurrent.futures.process")
"""Whose threads run none of the test's functions: they only carry messages to processes."""


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
        self.not_mapped = ""
        """Why a thread has no counterpart in processes."""
        self.has_run = False
        self.servant = ""
        """Whose thread has been started as it is."""

    def refuse(self, why: str) -> NoReturn:
        """End the test, and remember why: it may raise something else on its way out."""
        self.not_mapped = self.not_mapped or f"{why} has no counterpart in processes"
        raise NotMapped(self.not_mapped)

    def run(self) -> None:
        """Fork what is pending, and wait for the end of all of it."""
        threads, self.threads = self.threads, []
        jobs, self.jobs = self.jobs, []
        self.has_run = self.has_run or bool(threads or jobs)
        if threads:
            self._run([partial(_as_thread, thread) for thread in threads])
        while jobs:
            size = max(jobs[0][2], 1)
            batch, jobs = jobs[:size], jobs[size:]
            ends = self._run([job for _, job, _ in batch])
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


_replaced = False


def _replace(functions: Iterable[Any]) -> None:
    global _replaced
    _replaced = True
    for (cls, name), function in zip(_ORIGINALS, functions, strict=True):
        setattr(cls, name, function)


def _put_back() -> None:
    """Let threads be threads: also in whatever process is forked meanwhile, a worker or another."""
    global _replaced
    if _replaced:
        _replaced = False
        for (cls, name), original in _ORIGINALS.items():
            setattr(cls, name, original)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_put_back)


def _as_thread(thread: threading.Thread) -> Any:
    """Run a thread in its process: what it dies of goes the way that ``threading`` sends it."""
    try:
        return thread.run()
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
        owner = _owner_of(thread)
        if owner in _SERVANTS:
            pending.servant = pending.servant or owner
            start(thread)
            return
        owner = owner or _library_that_starts(thread, getframe(1))
        if owner:
            pending.refuse(f"a thread of {owner} that the test uses")
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
        if is_shut_down(pool):
            raise RuntimeError("cannot schedule new futures after shutdown")
        future = _Deferred(pending)
        pending.jobs.append((future, partial(function, *args, **kwargs), most_workers(pool)))
        return future

    def shut_down(pool: Any, wait: bool = True, **more: Any) -> None:
        pending.run()
        shutdown(pool, wait, **more)

    _replace((start_later, join_all, is_running, submit, shut_down))
    expect_hooks()
    try:
        yield
        if pending.threads:
            pending.refuse(
                f"the test does not wait for {pending.threads[0].name}: a thread that goes on in "
                "the background"
            )
        pending.run()
        if pending.servant and not pending.has_run:
            pending.refuse(f"a thread of {pending.servant} that the test uses")
    except Exception as error:
        if pending.not_mapped:
            raise NotMapped(pending.not_mapped) from error
        raise
    finally:
        _put_back()
        put_usual_hooks()


def _owner_of(thread: threading.Thread) -> str:
    """Return the module of the standard library that runs jobs or carries messages by a thread of
    its own; "" for the test's."""
    for made_by in (type(thread), target_of(thread)):
        module = getattr(made_by, "__module__", None) or ""
        if f"{module}.".startswith(_POOLS):
            return module
    return ""


def _library_that_starts(thread: threading.Thread, caller: FrameType) -> str:
    """Return the installed package that starts a thread to run code of its own, if it is not under
    test: what such a thread and the test tell each other is its own affair."""
    package = installed_package(caller.f_code.co_filename)
    target: Any = target_of(thread) or type(thread).run
    code = getattr(getattr(target, "__func__", target), "__code__", None)
    is_its_own = type(code) is CodeType and installed_package(code.co_filename) == package
    is_seen = caller.f_globals.get("__name__") in INSTRUMENTED_MODULES
    return package if package and is_its_own and not is_seen else ""
