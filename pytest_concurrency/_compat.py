"""The door to what CPython does not promise: names with an underscore, by what they mean here.

``tests/test_compat.py`` says of each what we rely on, on each Python, and looks through the sources
for whoever goes past this door. What each access to a location needs is bound here, not wrapped.
Modules that a program may never import are not imported here either.
"""

from __future__ import annotations

import _random
import _thread
import ast
import ctypes
import gc
import os
import random
import sys
import sysconfig
import threading
from _thread import LockType as LockType
from _thread import allocate_lock as allocate_lock
from _thread import get_ident as get_ident
from _thread import get_native_id as get_native_id
from collections.abc import Callable, Iterator
from concurrent.futures import thread as _pools
from contextlib import contextmanager
from types import FrameType, ModuleType
from typing import Any, Final, NamedTuple, NoReturn

# -- the interpreter ------------------------------------------------------------------------

getframe: Callable[[int], FrameType] = sys._getframe
all_frames: Callable[[], dict[int, FrameType]] = sys._current_frames
"""To be asked by ``current_frames`` only (``runtime/system/frames.py``), which says why."""
FREE_THREADED_BUILD: Final = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
exit_now: Callable[[int], NoReturn] = getattr(sys.modules.get("posix"), "_exit", os._exit)
"""Not that of ``os``, which may be patched: coverage's ``patch = _exit`` saves into the parent's
file."""
monitoring: Any = vars(sys).get("monitoring")
"""PEP 669, from 3.12 on; None before."""


ENUM_NAME: Final = "_name_"
"""The attribute in which a member of an ``Enum`` keeps its name, whatever its class makes of
``name``."""


def gil_enabled() -> bool:
    """Whether this process runs with the global interpreter lock."""
    asks = getattr(sys, "_is_gil_enabled", None)  # 3.13+
    return True if asks is None else bool(asks())


@contextmanager
def without_collecting() -> Iterator[None]:
    """Collect no garbage meanwhile: what is finalized then may run anything."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def parsed(source: str, filename: str = "<unknown>") -> ast.Module:
    """Return ``ast.parse(source, filename)``.

    CPython 3.11 raises SystemError where it parses something else in the middle, as the formatting
    of a traceback does (https://github.com/python/cpython/issues/106905).
    """
    with without_collecting():
        return ast.parse(source, filename)


# -- threads --------------------------------------------------------------------------------

THREAD_MODULE: Final[ModuleType] = _thread
start_new_thread: Any = _thread.start_new_thread
start_joinable_thread: Any = getattr(_thread, "start_joinable_thread", None)
"""From 3.13 on."""
DummyThread = threading._DummyThread
"""Its instances register themselves as the object of the calling thread."""


def target_of(thread: threading.Thread) -> Any:
    """Return what a thread calls; None where it is not known, or has been called."""
    return vars(thread).get("_target")


def arguments_of(thread: threading.Thread) -> tuple[Any, ...]:
    """Return what it calls that with, as long as it is known."""
    return tuple(vars(thread).get("_args", ()))


def keywords_of(thread: threading.Thread) -> dict[str, Any]:
    """Return the keywords that it calls that with, as long as they are known."""
    return dict(vars(thread).get("_kwargs", {}))


def has_started(thread: Any) -> bool:
    """Whether ``start`` has been called, and no error came of it."""
    return bool(thread._started.is_set())


def no_daemon(thread: Any) -> None:
    """Let a thread that runs pass on to those that it starts that it is no daemon."""
    thread._daemonic = False


def tell_of_death(thread: Any) -> None:
    """Within an ``except`` block: call the hook as the thread does that dies of it."""
    thread._invoke_excepthook(thread)


def threads_by_ident() -> dict[int, threading.Thread]:
    """Return those that run, by ``ident``, whatever has become of ``threading.enumerate``."""
    active: dict[int, threading.Thread] = vars(threading)["_active"]
    return active.copy()


def threads_with_objects() -> list[threading.Thread]:
    """Return all whose objects are alive, also those that did not survive a fork."""
    return list(vars(threading)["_dangling"])


# -- locks ----------------------------------------------------------------------------------

LOCK: Final[type] = type(allocate_lock())
RLOCK: Final[type] = type(_thread.RLock())
CONDITION_LOCK: Final = "_lock"
"""The attribute by which a condition knows its lock."""
PERMITS: Final = "_value"
"""The attribute in which a semaphore counts the permits that it has."""
rlock_is_owned: Callable[[Any], bool] = vars(RLOCK)["_is_owned"]
"""Whether the calling thread has it."""


def could_take_again(lock: Any) -> bool:
    """Whether the calling thread holds a lock that it could take once more: of ``threading``, or of
    ``multiprocessing``."""
    asked = getattr(lock, "_is_owned", None) or getattr(lock, "_is_mine", None)
    return asked is not None and bool(asked())


def release_wholly(lock: Any) -> Any:
    """Release as often as it was taken, as a condition does that waits."""
    return lock._release_save()


def take_back(lock: Any, state: Any) -> None:
    """Take it as often as it had been."""
    lock._acquire_restore(state)


def lock_of(condition: Any) -> Any:
    """Return the lock that a condition is made of."""
    return condition._lock


# -- executors ------------------------------------------------------------------------------

pool_worker: Any = _pools._worker
"""What the threads of a ``ThreadPoolExecutor`` run; its first argument refers to the executor."""
run_work_item: Any = _pools._WorkItem.run


def is_listened_to(future: Any) -> bool:
    """Whether somebody is told when a future is done, besides those who wait for its result."""
    return bool(future._done_callbacks or future._waiters)


class Pool(NamedTuple):
    """What a ``ThreadPoolExecutor`` works with."""

    threads: Any
    """The set of its workers."""
    jobs: Any
    """A ``SimpleQueue``; None in it asks the workers whether they are still wanted."""
    idle: Any
    """A semaphore that counts workers without a job."""


def pool_of(executor: Any) -> Pool:
    """Return what it works with now."""
    return Pool(executor._threads, executor._work_queue, executor._idle_semaphore)


def put_pool(executor: Any, pool: Pool) -> None:
    """Let it work with that."""
    executor._threads, executor._work_queue, executor._idle_semaphore = pool


def is_shut_down(executor: Any) -> bool:
    """Whether it takes no more jobs."""
    return bool(executor._shutdown)


def most_workers(executor: Any) -> int:
    """Return how many workers it may have."""
    return int(executor._max_workers)


def is_of_threads(result: Any) -> bool:
    """Whether a result of a ``multiprocessing.pool``, not yet told, is that of a job that is done
    in a thread."""
    pools: Any = sys.modules.get("multiprocessing.pool")
    is_one = pools is not None and issubclass(type(result), pools.ApplyResult)
    return is_one and issubclass(type(result._pool), pools.ThreadPool)


# -- chance, event loops --------------------------------------------------------------------

shared_generator: Any = vars(random)["_inst"]
"""That of the functions of ``random``."""


def kept_in_c(generator: random.Random) -> ctypes.Array[ctypes.c_char]:
    """Return a view of the fields of a generator that its part written in C has: its state."""
    start = object.__basicsize__
    size = _random.Random.__basicsize__ - start
    return (ctypes.c_char * size).from_address(id(generator) + start)


def numpys_generator() -> Any:
    """Return that of the functions of ``numpy.random``; None where it is not imported."""
    return getattr(sys.modules.get("numpy.random.mtrand"), "_rand", None)


def forget_last_uuid() -> None:
    """Let ``uuid1`` count from the time again, not from what it gave last in this process."""
    uuid: Any = sys.modules.get("uuid")
    if uuid is not None:
        uuid._last_timestamp = None


def running_loop() -> Any:
    """Return the event loop that runs in the calling thread; None: there is none."""
    events: Any = sys.modules.get("asyncio.events")
    return None if events is None else events._get_running_loop()
