"""Threads under the scheduler: a thread that a managed thread starts is managed, too, by
``threading.Thread`` or by ``_thread`` directly.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import ModuleType
from typing import Any

from pytest_concurrency import _compat
from pytest_concurrency._compat import (
    THREAD_MODULE,
    DummyThread,
    arguments_of,
    getframe,
    has_started,
    no_daemon,
    target_of,
    tell_of_death,
)
from pytest_concurrency._origins import UNDER_PROGRAMS, origin_of, runs_tests
from pytest_concurrency.runtime.helpers.blocking.locks import point
from pytest_concurrency.runtime.helpers.methods import note_call
from pytest_concurrency.runtime.patches import executors
from pytest_concurrency.runtime.patches.tracing import hide_from_tracing
from pytest_concurrency.runtime.scheduler.baton import baton as _b
from pytest_concurrency.runtime.system.chains import is_long
from pytest_concurrency.runtime.system.hooks import Hooks, hooks, module_of, put_hooks, usable_hooks
from pytest_concurrency.runtime.tasks.task import Abort, Task, Waiting, task_of, tie
from pytest_concurrency.runtime.trace.operations import ASK, JOINED, RELEASE
from pytest_concurrency.runtime.trace.sites import add_call_in

_real_start = threading.Thread.start
_real_join = threading.Thread.join
_real_is_alive = threading.Thread.is_alive
_real_enumerate = threading.enumerate
_real_current = threading.current_thread
_TIMER = add_call_in(threading.Timer.run, "timer")
_TARGET = add_call_in(threading.Thread.run, "what its target belongs to")
THREAD_END = add_call_in(threading.Thread.run, "end of the thread")
"""Before a thread ends: others can tell by ``is_alive()``."""
_usual_hooks: Hooks = hooks()


def start(self: threading.Thread) -> None:
    """Replace ``Thread.start``."""
    if _b.holder() is None or has_started(self):
        _real_start(self)
        return
    task = _b.adopt(self.name)
    task.daemon = self.daemon
    task.origin = _origin()
    tie(self, task)
    executors.note_worker(self, task)
    if _b.witness is not None:
        _b.witness.started(task, self)
    own_run = self.__dict__.get("run")  # a program may give a thread's instance one
    self.__dict__["run"] = lambda: _run(self, task, own_run)
    try:
        with _b.unmanaged():
            _real_start(self)
    except BaseException:
        _restore_run(self, own_run)
        _forget(task)
        raise


def _forget(task: Task) -> None:
    """Take back the task of a thread that could not be started."""
    task.done = True
    _b.enabled.remove(task)


def _restore_run(thread: threading.Thread, own_run: Any) -> None:
    del thread.__dict__["run"]
    if own_run is not None:
        thread.__dict__["run"] = own_run


def _run(thread: threading.Thread, task: Task, own_run: Any) -> None:
    _restore_run(thread, own_run)
    try:
        _b.enter(task)
        hide_from_tracing()
        if isinstance(thread, threading.Timer):
            point(thread, _TIMER, "call")  # it waits out of sight, but who cancels it meets it
        note_call(_TARGET, target_of(thread), arguments_of(thread))
        thread.run()
    except Abort:
        pass
    except SystemExit:
        pass  # threading ignores it silently
    except BaseException as error:
        # What clearing up raises after the end of the execution is not the program's.
        if not _b.aborting and not taken_care_of(thread, error):
            task.error = error
    finally:
        sys.settrace(None)
        sys.setprofile(None)
        with suppress(Abort):
            point(thread, THREAD_END, RELEASE)
        _b.finish(task)


def expect_hooks() -> None:
    """Note which hooks are in place before the program installs some."""
    global _usual_hooks
    _usual_hooks = hooks()


def put_usual_hooks() -> None:
    """Bring those back: what a run leaves there is not for the next one."""
    put_hooks(_usual_hooks)


def taken_care_of(thread: threading.Thread, error: BaseException) -> bool:
    """Do what ``threading`` does with what a thread dies of, in the handler of ``error``.

    True if a hook of the program's own has dealt with it; one that fails has not.
    """
    hook: Any = vars(threading).get("excepthook")
    if not _is_programs(hook):
        if not is_long(error):  # the hooks that are usual format it
            with suppress(Exception):  # of a broken sys.excepthook
                tell_of_death(thread)
        return False
    told = (type(error), error, error.__traceback__, thread)
    try:
        hook(threading.ExceptHookArgs(told))
    except Exception:
        with suppress(Exception):
            sys.excepthook(*sys.exc_info())
        return False
    return True


def _is_programs(hook: Any) -> bool:
    known = (None, threading.__excepthook__, *(usual for _, _, usual in _usual_hooks))
    if any(hook is each for each in known):
        return False
    return not runs_tests(module_of(hook))


def _origin() -> tuple[str, int, str]:
    """Return where a thread is being started: path, line, function of the program's own code."""
    frame = getframe(2)
    while frame.f_back is not None and origin_of(frame.f_code.co_filename) in UNDER_PROGRAMS:
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_qualname


def join(self: threading.Thread, timeout: float | None = None) -> None:
    """Replace ``Thread.join``."""
    current = _b.holder()
    task = task_of(self, _b.tasks)
    if current is None or task is None or task is current:
        _real_join(self, timeout)
        return
    if timeout is not None:
        _b.note_of_thread(task.index, ASK)
    if not task.done and not _b.block(current, Waiting("thread", self), id(task), timeout):
        return
    _b.note_of_thread(task.index, JOINED)
    with _b.unmanaged():
        _real_join(self)
    if _b.witness is not None:
        _b.witness.joined()


def is_alive(self: threading.Thread) -> bool:
    """Replace ``Thread.is_alive``: the thread's own clean-up after its last step does not count."""
    task = task_of(self, _b.tasks)
    if task is not None and task.done and _b.current is not None:
        if _b.holder() is not None:
            _b.note_of_thread(task.index, JOINED)
        return False
    return self.is_alive() if isinstance(self, _StandIn) else _real_is_alive(self)


def enumerate_alive() -> list[threading.Thread]:
    """Replace ``threading.enumerate``, in the same sense."""
    threads = _real_enumerate()
    if _b.holder() is None:
        return threads
    return [thread for thread in threads if is_alive(thread) and not _is_own(thread)]


def _is_own(thread: threading.Thread) -> bool:
    """Whether it is a thread of the plugin's own that does not work for the program now."""
    if thread.ident in _b.ours:
        return True
    task = _b.by_ident.get(thread.ident or 0)
    return thread.ident in _b.pool.idents and (task is None or task.done)


def current_thread() -> threading.Thread:
    """Replace ``threading.current_thread``: tasks that share a thread of the pool, one after
    another, are different threads all the same.
    """
    task = _b.holder()
    if task is None or task.run is None:
        return _real_current()
    if task.thread is None:
        with _b.unmanaged():
            task.thread = _stand_in(task)
    return task.thread


class _StandIn(DummyThread):
    """The object of a task on a thread of the pool."""

    def is_alive(self) -> bool:
        """Whether the task has not ended."""
        task = task_of(self, _b.tasks)
        return task is not None and not task.done


# Programs print threads, and reports the types of values: it is an ordinary thread to both.
_StandIn.__name__ = _StandIn.__qualname__ = threading.Thread.__name__


def _stand_in(task: Task) -> threading.Thread:
    with usable_hooks():
        stand_in = _StandIn()  # registers itself as the object of the calling thread
    stand_in.name = task.name
    # What it starts for the program shall be as what an ordinary thread starts.
    no_daemon(stand_in)
    tie(stand_in, task)
    return stand_in


def active_count() -> int:
    """Replace ``threading.active_count``."""
    return len(enumerate_alive())


# -- threads without an object ------------------------------------------------------------


def start_new_thread(function: Any, args: Any, kwargs: Any = None, /) -> int:
    """Replace ``_thread.start_new_thread``."""
    keywords = () if kwargs is None else (kwargs,)
    is_right = (
        callable(function) and type(args) is tuple and (kwargs is None or type(kwargs) is dict)
    )
    if _b.holder() is None or not is_right:
        return int(_compat.start_new_thread(function, args, *keywords))
    task = _adopt(function, daemon=True)
    try:
        with _b.unmanaged():
            return int(_compat.start_new_thread(partial(_run_raw, task, function), args, *keywords))
    except BaseException:
        _forget(task)
        raise


def start_joinable_thread(function: Any, *args: Any, daemon: bool = True, **kwargs: Any) -> Any:
    """Replace ``_thread.start_joinable_thread`` (3.13). Its handle's ``join`` waits out of sight:
    the watchdog passes the baton on.
    """
    if _b.holder() is None or not callable(function):
        return _compat.start_joinable_thread(function, *args, daemon=daemon, **kwargs)
    task = _adopt(function, daemon=daemon)
    try:
        with _b.unmanaged():
            run = partial(_run_raw, task, function)
            return _compat.start_joinable_thread(run, *args, daemon=daemon, **kwargs)
    except BaseException:
        _forget(task)
        raise


def _adopt(function: Any, *, daemon: bool) -> Task:
    task = _b.adopt(f"thread of {getattr(function, '__name__', type(function).__name__)}")
    task.daemon = daemon
    task.origin = _origin()
    return task


def _run_raw(task: Task, function: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
    try:
        _b.enter(task)
        function(*args, **kwargs)
    except (Abort, SystemExit):
        pass
    except BaseException as error:
        task.error = error
        raise
    finally:
        _b.finish(task)


def patches() -> dict[Any, dict[str, Any]]:
    """Return what is replaced, by the module or class that holds it."""
    raw: dict[str, Any] = {"start_new_thread": start_new_thread, "start_new": start_new_thread}
    if _compat.start_joinable_thread is not None:
        raw["start_joinable_thread"] = start_joinable_thread
    holders: dict[type | ModuleType, dict[str, Any]] = {
        threading.Thread: {"start": start, "join": join, "is_alive": is_alive},
        threading: {
            "enumerate": enumerate_alive,
            "active_count": active_count,
            "current_thread": current_thread,
        },
        THREAD_MODULE: raw,
    }
    return holders
