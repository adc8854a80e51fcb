"""``threading.Thread`` under the scheduler: a thread that a managed thread starts is
managed, too.
"""

from __future__ import annotations

import threading
from typing import Any

from pytest_concurrency.runtime.baton import baton as _b
from pytest_concurrency.runtime.primitives import Waiting
from pytest_concurrency.runtime.task import Abort, Task

_TASK = "@task"
"""Instance attribute that ties a Thread to its task; no identifier, so no program can clash with
it.
"""

_real_start = threading.Thread.start
_real_join = threading.Thread.join
_real_is_alive = threading.Thread.is_alive


def task_of(thread: threading.Thread) -> Task | None:
    """Return the thread's task in the current execution."""
    task: Task | None = thread.__dict__.get(_TASK)
    if task is not None and task.index < len(_b.tasks) and _b.tasks[task.index] is task:
        return task
    return None


def start(self: threading.Thread) -> None:
    """Replace ``Thread.start``."""
    if _b.holder() is None or self._started.is_set():  # type: ignore[attr-defined]
        _real_start(self)
        return
    task = _b.adopt(self.name)
    task.daemon = self.daemon
    self.__dict__[_TASK] = task
    self.run = lambda: _run(self, task)  # type: ignore[method-assign]
    try:
        with _b.unmanaged():
            _real_start(self)
    except BaseException:
        self.__dict__.pop("run", None)
        task.done = True
        _b.enabled.remove(task)
        raise


def _run(thread: threading.Thread, task: Task) -> None:
    del thread.__dict__["run"]
    try:
        _b.enter(task)
        thread.run()
    except Abort:
        pass
    except SystemExit:
        pass  # threading ignores it silently
    except BaseException as error:
        task.error = error
        hook: Any = thread._invoke_excepthook  # type: ignore[attr-defined]
        hook(thread)
    finally:
        _b.finish(task)


def join(self: threading.Thread, timeout: float | None = None) -> None:
    """Replace ``Thread.join``."""
    current = _b.holder()
    task = task_of(self)
    if current is None or task is None or task is current:
        _real_join(self, timeout)
        return
    if not task.done and not _b.block(current, Waiting("thread", self), id(task), timeout):
        return
    with _b.unmanaged():
        _real_join(self)


def is_alive(self: threading.Thread) -> bool:
    """Replace ``Thread.is_alive``: the thread's own clean-up after its last step does not count."""
    task = task_of(self)
    if task is not None and task.done and _b.current is not None:
        return False
    return _real_is_alive(self)


PATCHES: dict[str, Any] = {"start": start, "join": join, "is_alive": is_alive}
