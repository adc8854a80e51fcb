"""What we rely on of CPython's private names, on each Python."""

from __future__ import annotations

import ast
import asyncio
import ctypes
import gc
import inspect
import multiprocessing
import multiprocessing.sharedctypes
import os
import queue
import random
import sys
import threading
import time
import uuid
from concurrent.futures import Future, ThreadPoolExecutor, wait
from enum import Enum
from functools import partial
from multiprocessing import connection, resource_tracker, synchronize
from multiprocessing import pool as pool_module
from multiprocessing.pool import ThreadPool
from types import ModuleType
from typing import Any

import pytest

from pytest_concurrency import _compat, _compat_processes

pytestmark = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # it forks
FORK = multiprocessing.get_context("fork")


# -- the interpreter ------------------------------------------------------------------------


def test_getframe() -> None:
    def inner() -> None:
        assert _compat.getframe(0).f_code is inner.__code__
        assert _compat.getframe(1).f_code is test_getframe.__code__

    inner()


def test_all_frames() -> None:
    frame = _compat.all_frames()[threading.get_ident()]
    assert frame.f_code is test_all_frames.__code__


def test_gil_enabled() -> None:
    assert _compat.gil_enabled() or _compat.FREE_THREADED_BUILD


def test_what_is_collected_may_parse() -> None:
    class Parsing:
        def __init__(self) -> None:
            self.itself = self

        def __del__(self) -> None:
            ast.parse("f(x)[1] + 2")

    before = gc.get_threshold()
    gc.set_threshold(1)
    try:
        for _ in range(20):
            Parsing()
            assert ast.unparse(_compat.parsed("x = " + "+".join(["a[b]"] * 200))).startswith(
                "x = a"
            )
    finally:
        gc.set_threshold(*before)
    assert gc.isenabled()


def test_exit_now_runs_nothing_more() -> None:
    child = os.fork()
    if child == 0:
        try:
            _compat.exit_now(7)
        finally:
            os.kill(os.getpid(), 9)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def test_exit_now_is_not_what_somebody_has_put_in_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "_exit", print)
    assert _compat.exit_now is not print


def test_monitoring() -> None:
    assert (_compat.monitoring is None) is (sys.version_info < (3, 12))
    if _compat.monitoring is not None:
        assert {"get_tool", "set_events", "register_callback"} <= {*dir(_compat.monitoring)}


# -- threads --------------------------------------------------------------------------------


def test_thread_module() -> None:
    assert type(_compat.THREAD_MODULE) is ModuleType
    assert vars(_compat.THREAD_MODULE)["start_new_thread"] is _compat.start_new_thread


def test_start_new_thread() -> None:
    done = threading.Event()
    assert _compat.start_new_thread(done.set, ()) > 0
    assert done.wait(60)


def test_start_joinable_thread() -> None:
    assert (_compat.start_joinable_thread is None) is (sys.version_info < (3, 13))
    if _compat.start_joinable_thread is not None:
        done: list[int] = []
        _compat.start_joinable_thread(lambda: done.append(1), daemon=True).join()
        assert done == [1]


def test_dummy_thread_is_the_object_of_its_thread() -> None:
    def run() -> None:
        made = _compat.DummyThread()
        found.append(threading.current_thread() is made)
        del vars(threading)["_active"][threading.get_ident()]  # up to 3.12 it would stay there

    found: list[bool] = []
    done = threading.Event()
    _compat.start_new_thread(lambda: (run(), done.set()), ())
    assert done.wait(60)
    assert found == [True]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_target_and_arguments() -> None:
    thread = threading.Thread(target=print, args=(1, 2))
    assert _compat.target_of(thread) is print
    assert _compat.arguments_of(thread) == (1, 2)
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()
    assert _compat.target_of(thread) is None  # forgotten, as what it may refer to
    assert _compat.arguments_of(thread) == ()


def test_has_started() -> None:
    thread = threading.Thread(target=int)
    assert not _compat.has_started(thread)
    thread.start()
    assert _compat.has_started(thread)
    thread.join()
    assert _compat.has_started(thread)


def test_no_daemon_is_inherited_by_what_it_starts() -> None:
    def run() -> None:
        _compat.no_daemon(threading.current_thread())
        found.append(threading.Thread(target=int).daemon)

    found: list[bool] = []
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join()
    assert found == [False]


def test_tell_of_death(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", told.append)
    thread = threading.Thread(target=int)
    try:
        raise ValueError("here")
    except ValueError as raised:
        error = raised
        _compat.tell_of_death(thread)
    (each,) = told
    assert each.exc_value is error
    assert each.thread is thread


def test_threads_by_ident_are_those_that_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "enumerate", list)
    by_ident = _compat.threads_by_ident()
    assert by_ident[threading.get_ident()] is threading.current_thread()
    by_ident.clear()
    assert _compat.threads_by_ident()


def test_threads_with_objects_in_a_forked_child() -> None:
    ended = threading.Event()
    thread = threading.Thread(target=ended.wait)
    thread.start()
    try:
        child = os.fork()
        if child == 0:
            known = any(each is thread for each in _compat.threads_with_objects())
            _compat.exit_now(0 if known and not thread.is_alive() else 1)
        assert os.waitpid(child, 0)[1] == 0
    finally:
        ended.set()
        thread.join()


# -- locks ----------------------------------------------------------------------------------


def test_types_of_locks() -> None:
    assert type(threading.Lock()) is _compat.LOCK
    assert type(threading.RLock()) is _compat.RLOCK


def test_rlock_is_owned_by_the_calling_thread() -> None:
    lock = threading.RLock()
    assert not _compat.rlock_is_owned(lock)
    with lock:
        assert _compat.rlock_is_owned(lock)
        assert in_a_thread(lambda: _compat.rlock_is_owned(lock)) is False


def test_could_take_again() -> None:
    for lock, again in (
        (threading.Lock(), False),
        (threading.RLock(), True),
        (_compat_processes.semaphore_of(FORK.RLock()), True),
    ):
        assert not _compat.could_take_again(lock)
        with lock:
            assert _compat.could_take_again(lock) is again


def test_release_wholly_and_take_back() -> None:
    lock = threading.RLock()
    with lock, lock:
        state = _compat.release_wholly(lock)
        assert in_a_thread(lambda: lock.acquire(False) and not lock.release()) is True
        _compat.take_back(lock, state)
        assert _compat.rlock_is_owned(lock)
    assert not _compat.rlock_is_owned(lock)
    with pytest.raises(AttributeError):  # by which a condition knows a lock that cannot
        _compat.release_wholly(threading.Lock())


def test_permits_of_a_semaphore() -> None:
    semaphore = threading.BoundedSemaphore(3)
    semaphore.acquire()
    assert vars(semaphore)[_compat.PERMITS] == 2


def test_lock_of_a_condition() -> None:
    lock = threading.Lock()
    condition = threading.Condition(lock)
    assert _compat.lock_of(condition) is vars(condition)[_compat.CONDITION_LOCK] is lock


# -- executors ------------------------------------------------------------------------------


def test_pool() -> None:
    with ThreadPoolExecutor(3) as executor:
        assert executor.submit(int).result() == 0
        pool = _compat.pool_of(executor)
        (worker,) = pool.threads
        assert _compat.target_of(worker) is _compat.pool_worker
        assert _compat.arguments_of(worker)[0]() is executor
        assert type(pool.jobs) is queue.SimpleQueue
        until = time.monotonic() + 60
        while not pool.idle.acquire(blocking=False):  # the worker has none
            assert time.monotonic() < until
        pool.idle.release()
        assert _compat.most_workers(executor) == 3
        assert not _compat.is_shut_down(executor)
    assert _compat.is_shut_down(executor)


def test_put_pool_lets_an_executor_start_over() -> None:
    executor = ThreadPoolExecutor(1)
    executor.submit(int).result()
    before = _compat.pool_of(executor)
    new = _compat.Pool(set(), queue.SimpleQueue(), threading.Semaphore(0))
    _compat.put_pool(executor, new)
    assert executor.submit(threading.current_thread).result() in new.threads - before.threads
    executor.shutdown()
    _compat.put_pool(executor, before)
    before.jobs.put(None)
    for worker in before.threads:
        worker.join()


def test_run_work_item() -> None:
    assert _compat.run_work_item.__code__.co_name == "run"


def test_is_listened_to() -> None:
    future: Future[int] = Future()
    assert not _compat.is_listened_to(future)
    future.add_done_callback(print)
    assert _compat.is_listened_to(future)
    waited: Future[int] = Future()
    waiting = threading.Thread(target=wait, args=[[waited]])
    waiting.start()
    while not _compat.is_listened_to(waited):
        time.sleep(0.001)
    waited.set_result(1)
    waiting.join()


def test_where_a_member_keeps_its_name() -> None:
    class Colour(Enum):
        RED = 1

        @property
        def name(self) -> str:
            return "not this"

    assert vars(Colour.RED)[_compat.ENUM_NAME] == "RED"


def test_is_of_threads() -> None:
    with ThreadPool(1) as pool:
        told = pool.apply_async(int)
        told.wait()
        waits = pool.apply_async(time.sleep, [0.01])
        assert _compat.is_of_threads(waits)
        waits.wait()  # by the thread that has done all that it does for the first one
        assert not _compat.is_of_threads(told)
    assert not _compat.is_of_threads(Future())


def test_how_a_job_of_a_pool_has_ended_is_told_and_read_by_these_names() -> None:
    """The rewriter looks for them (``instrument/rewriting/internal.py``)."""
    for source, names in (
        (inspect.getsource(Future), ("self._exception",)),
        (inspect.getsource(pool_module.ApplyResult), ("raise self._value", "return self._success")),
        (inspect.getsource(pool_module.Pool), ("._set(",)),
        (inspect.getsource(_compat.run_work_item), ("self.future.set_exception(",)),
    ):
        assert all(name in source for name in names)


# -- multiprocessing ------------------------------------------------------------------------


def test_connections_read_and_write_by_functions_that_are_given() -> None:
    one, other = connection.Pipe()
    with one, other:
        written: list[bytes] = []

        def write(number: int, data: bytes) -> int:
            written.append(bytes(data))
            return os.write(number, data)

        getattr(connection.Connection, _compat_processes.CONNECTION_SEND)(one, b"here", write)
        assert written == [b"here"]
        read = getattr(connection.Connection, _compat_processes.CONNECTION_RECEIVE)(
            other, 4, os.read
        )
        assert read.getvalue() == b"here"


def test_semaphores() -> None:
    lock = FORK.Lock()
    semaphore = _compat_processes.semaphore_of(lock)
    assert _compat_processes.semaphore_of(semaphore) is semaphore
    assert _compat_processes.semaphore_of(FORK.Value("i", lock=lock)) is semaphore
    assert type(semaphore) is synchronize.SemLock(1, 1, 1, ctx=FORK)._semlock.__class__
    assert _compat_processes.is_semaphore(semaphore)
    assert not _compat_processes.is_semaphore(threading.Lock())
    assert not _compat_processes.is_zero(semaphore)
    with lock:
        assert _compat_processes.is_zero(semaphore)
        assert _compat_processes.is_mine(semaphore)
        assert in_a_thread(lambda: _compat_processes.is_mine(semaphore)) is False


def test_shared_values() -> None:
    shared = FORK.Value("i", 3)
    raw = _compat_processes.raw_value_of(shared)
    assert isinstance(raw, ctypes.c_int)
    assert _compat_processes.raw_value_of(raw) is raw
    assert _compat_processes.is_in_shared_memory(raw)
    assert _compat_processes.is_in_shared_memory(multiprocessing.sharedctypes.RawArray("i", 2))
    assert not _compat_processes.is_in_shared_memory(ctypes.c_int(3))


def test_resource_tracker() -> None:
    resource_tracker.ensure_running()
    pid = _compat_processes.resource_tracker_pid()
    assert pid is not None
    os.kill(pid, 0)
    child = os.fork()
    if child == 0:
        resource_tracker.ensure_running()  # not the parent's, from 3.15 on
        _compat_processes.let_resource_tracker_end()
        _compat.exit_now(0 if _compat_processes.resource_tracker_pid() is None else 1)
    assert os.waitpid(child, 0)[1] == 0
    os.kill(pid, 0)  # the parent's pipe is open


def test_fork_server() -> None:
    server = multiprocessing.get_context("forkserver")
    process = server.Process(target=int)
    process.start()
    process.join()
    child = os.fork()
    if child == 0:
        from multiprocessing import forkserver

        _compat_processes.forget_fork_server()
        # Another one is started, which is no child of the parent's.
        forkserver.ensure_running()
        pid = vars(forkserver.__dict__["_forkserver"])["_forkserver_pid"]
        os.kill(pid, 9)
        _compat.exit_now(0 if os.waitpid(pid, 0)[0] == pid else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_run_finalizers() -> None:
    from multiprocessing import util

    child = os.fork()
    if child == 0:
        done: list[int] = []
        util.Finalize(None, done.append, (1,), exitpriority=0)
        _compat_processes.run_finalizers()
        _compat.exit_now(0 if done == [1] else 1)
    assert os.waitpid(child, 0)[1] == 0


# -- chance, event loops --------------------------------------------------------------------


def test_shared_generator() -> None:
    state = random.getstate()
    try:
        _compat.shared_generator.seed(5)
        assert random.random() == random.Random(5).random()
    finally:
        random.setstate(state)
    assert _compat.shared_generator.gauss_next is None or random.getstate()[2] is not None


def test_kept_in_c() -> None:
    one, other = random.Random(5), random.Random(5)
    kept = _compat.kept_in_c(one)
    assert kept.raw == _compat.kept_in_c(other).raw
    for change in (one.random, partial(one.seed, 6), partial(one.getrandbits, 32 * 624)):
        before = kept.raw
        change()
        assert kept.raw != before
    one.setstate(other.getstate())
    assert kept.raw == _compat.kept_in_c(other).raw


def test_numpys_generator() -> None:
    numpy = sys.modules.get("numpy")
    assert (_compat.numpys_generator() is None) is (numpy is None)


def test_forget_last_uuid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uuid, "_generate_time_safe", None)  # else the system counts
    monkeypatch.setattr(uuid, "_UuidCreate", None)
    monkeypatch.setattr(time, "time_ns", lambda: 1_000)
    _compat.forget_last_uuid()
    first, second = uuid.uuid1(1, 1), uuid.uuid1(1, 1)
    assert first != second
    _compat.forget_last_uuid()
    assert uuid.uuid1(1, 1) == first
    _compat.forget_last_uuid()


def test_running_loop() -> None:
    async def inside() -> bool:
        return _compat.running_loop() is asyncio.get_running_loop()

    assert _compat.running_loop() is None
    assert asyncio.run(inside())


def in_a_thread(function: object) -> object:
    """Return what ``function`` returns in another thread."""
    with ThreadPoolExecutor(1) as executor:
        return executor.submit(function).result()  # type: ignore[arg-type]
