"""More kinds of things outside memory; each test begins with the verdict that an expert would give.

Each kind stands on both sides of a border: with no lock, with one of threads, with one of all.
"""

import dbm.dumb
import fcntl
import functools
import json
import logging
import logging.handlers
import mmap
import multiprocessing
import os
import shelve
import socket
import sqlite3
import tempfile
import threading
import time
from contextlib import closing, contextmanager
from multiprocessing import shared_memory
from pathlib import Path

import pytest

pytestmark = pytest.mark.threadsafe
FORK = multiprocessing.get_context("fork")


@contextmanager
def file_lock(path):
    with open(path, "w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        yield


def ticked(path):
    n = int(path.read_text())
    path.write_text(str(n + 1))


@pytest.fixture
def meter(tmp_path):
    path = tmp_path / "n"
    path.write_text("0")
    return path


# -- logs


def test_persists__rotating_handlers_of_their_own(concurrency, tmp_path):
    (tmp_path / "log").write_text("fifteen letters\n")
    record = logging.makeLogRecord({"msg": "fifteen letters"})

    def write():
        handler = logging.handlers.RotatingFileHandler(tmp_path / "log", maxBytes=20, backupCount=9)
        handler.setFormatter(logging.Formatter("%(message)s"))
        handler.handle(record)
        handler.close()

    concurrency.run(write)
    texts = [path.read_text() for path in tmp_path.iterdir()]
    assert sum(text.count("\n") for text in texts) == concurrency.count + 1


def test_clean__file_handlers_of_their_own(concurrency, tmp_path):
    record = logging.makeLogRecord({"msg": "fifteen letters"})

    def write():
        handler = logging.FileHandler(tmp_path / "log")
        handler.handle(record)
        handler.close()

    concurrency.run(write)
    assert (tmp_path / "log").read_text().count("\n") == concurrency.count


# -- dbm, shelve


def add_to(path):
    with closing(dbm.dumb.open(path)) as table:
        table["n"] = str(int(table["n"]) + 1)


def ends_at(path, n):
    with closing(dbm.dumb.open(path)) as table:
        return int(table["n"]) == n


@pytest.fixture
def table(tmp_path):
    path = str(tmp_path / "table")
    with closing(dbm.dumb.open(path)) as made:
        made["n"] = "0"
    return path


def test_persists__dbm(concurrency, table):
    concurrency.run(lambda: add_to(table))
    assert ends_at(table, concurrency.count)


def test_exposed__dbm_thread_lock(concurrency, table):
    lock = threading.Lock()

    def add():
        with lock:
            add_to(table)

    concurrency.run(add)
    assert ends_at(table, concurrency.count)


def test_clean__dbm_flock(concurrency, table, tmp_path):
    def add():
        with file_lock(tmp_path / "lock"):
            add_to(table)

    concurrency.run(add)
    assert ends_at(table, concurrency.count)


def test_clean__shelve_process_lock(concurrency, tmp_path):
    path, lock = str(tmp_path / "shelf"), FORK.Lock()
    with shelve.open(path) as shelf:
        shelf["n"] = 0

    def add():
        with lock, shelve.open(path) as shelf:
            shelf["n"] += 1

    concurrency.run(add)
    with shelve.open(path) as shelf:
        assert shelf["n"] == concurrency.count


# -- databases


@pytest.fixture
def wal(tmp_path):
    path = str(tmp_path / "db")
    with closing(sqlite3.connect(path)) as con:
        con.execute("pragma journal_mode=wal")
        con.execute("create table t (id int primary key, n int)")
        con.execute("insert into t values (1, 0)")
        con.commit()
    return path


def value_of(path):
    with closing(sqlite3.connect(path)) as con:
        return con.execute("select n from t where id = 1").fetchone()[0]


def add_in_two_transactions(path):
    with closing(sqlite3.connect(path, timeout=20)) as con:
        n = con.execute("select n from t where id = 1").fetchone()[0]
        with con:
            con.execute("update t set n = ? where id = 1", (n + 1,))


def test_persists__sqlite_wal_read_then_write(concurrency, wal):
    concurrency.run(lambda: add_in_two_transactions(wal))
    assert value_of(wal) == concurrency.count


def test_exposed__sqlite_thread_lock(concurrency, wal):
    lock = threading.Lock()

    def add():
        with lock:
            add_in_two_transactions(wal)

    concurrency.run(add)
    assert value_of(wal) == concurrency.count


def test_clean__sqlite_wal_immediate(concurrency, wal):
    def add():
        with closing(sqlite3.connect(wal, timeout=20, isolation_level=None)) as con:
            con.execute("begin immediate")
            n = con.execute("select n from t where id = 1").fetchone()[0]
            con.execute("update t set n = ? where id = 1", (n + 1,))
            con.execute("commit")

    concurrency.run(add)
    assert value_of(wal) == concurrency.count


# -- files


def test_exposed__replaced_under_a_thread_lock(concurrency, meter):
    lock = threading.Lock()

    def tick():
        with lock:
            n = int(meter.read_text())
            aside = meter.with_name(f"n.{os.getpid()}")
            aside.write_text(str(n + 1))
            os.replace(aside, meter)

    concurrency.run(tick)
    assert int(meter.read_text()) == concurrency.count


def test_clean__folder_as_a_lock(concurrency, meter, tmp_path):
    def tick():
        while True:
            try:
                os.mkdir(tmp_path / "lock")
                break
            except FileExistsError:
                time.sleep(0.001)
        ticked(meter)
        os.rmdir(tmp_path / "lock")

    concurrency.run(tick)
    assert int(meter.read_text()) == concurrency.count


@pytest.mark.threadsafe(schedules=200)  # it takes two preemptions
def test_persists__lock_file_looked_for_first(concurrency, meter, tmp_path):
    lock = tmp_path / "lock"

    def tick():
        while lock.exists():
            time.sleep(0.001)
        lock.touch()
        ticked(meter)
        lock.unlink(missing_ok=True)

    concurrency.run(tick)
    assert int(meter.read_text()) == concurrency.count


def test_clean__lockf_and_a_thread_lock(concurrency, meter, tmp_path):
    lock = threading.Lock()

    def tick():
        with lock, open(tmp_path / "lock", "w") as guard:
            fcntl.lockf(guard, fcntl.LOCK_EX)
            ticked(meter)

    concurrency.run(tick)
    assert int(meter.read_text()) == concurrency.count


def test_persists__lockf_of_a_range_each(concurrency, meter, tmp_path):
    def tick(first):
        with open(tmp_path / "lock", "w") as guard:
            fcntl.lockf(guard, fcntl.LOCK_EX, 1, first)
            ticked(meter)

    concurrency.run([functools.partial(tick, first) for first in range(2)])
    assert int(meter.read_text()) == 2


def test_persists__written_at_the_end(concurrency, tmp_path):
    path = tmp_path / "log"
    path.touch()

    def add():
        with open(path, "r+b", buffering=0) as file:
            file.seek(0, os.SEEK_END)
            file.write(b"x\n")

    concurrency.run(add)
    assert path.read_bytes().count(b"\n") == concurrency.count


def test_persists__shared_document(concurrency, tmp_path):
    path = tmp_path / "all.json"
    path.write_text("[]")

    def add():
        items = json.loads(path.read_text())
        items.append(1)
        path.write_text(json.dumps(items))

    concurrency.run(add)
    assert len(json.loads(path.read_text())) == concurrency.count


def test_clean__temporary_folders(concurrency):
    def work():
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "x").write_text("x")
            return Path(folder, "x").read_text()

    assert set(concurrency.run(work)) == {"x"}


# -- memory maps, shared memory


def test_hidden__private_map(concurrency):
    mapped = mmap.mmap(-1, 8, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)

    def add():
        n = mapped[0]
        mapped[0] = n + 1

    concurrency.run(add)
    assert mapped[0] == concurrency.count


def test_not_shared__private_map_locked(concurrency):
    mapped = mmap.mmap(-1, 8, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    lock = threading.Lock()

    def add():
        with lock:
            mapped[0] = mapped[0] + 1

    concurrency.run(add)
    assert mapped[0] == concurrency.count


@pytest.fixture
def mapped_file(tmp_path):
    path = tmp_path / "map"
    path.write_bytes(bytes(8))
    with open(path, "r+b") as file, mmap.mmap(file.fileno(), 8) as mapped:
        yield mapped


def test_persists__map_of_a_file(concurrency, mapped_file):
    def add():
        n = mapped_file[0]
        mapped_file[0] = n + 1

    concurrency.run(add)
    assert mapped_file[0] == concurrency.count


def test_exposed__map_of_a_file_thread_lock(concurrency, mapped_file):
    lock = threading.Lock()

    def add():
        with lock:
            mapped_file[0] = mapped_file[0] + 1

    concurrency.run(add)
    assert mapped_file[0] == concurrency.count


@pytest.fixture
def shared_list():
    made = shared_memory.ShareableList([0])
    yield made
    made.shm.close()
    made.shm.unlink()


def test_persists__shareable_list(concurrency, shared_list):
    def add():
        shared_list[0] += 1

    concurrency.run(add)
    assert shared_list[0] == concurrency.count


def test_clean__shareable_list_process_lock(concurrency, shared_list):
    lock = FORK.Lock()

    def add():
        with lock:
            shared_list[0] += 1

    concurrency.run(add)
    assert shared_list[0] == concurrency.count


# -- multiprocessing


def test_persists__raw_value(concurrency):
    value = FORK.RawValue("i", 0)

    def add():
        value.value += 1

    concurrency.run(add)
    assert value.value == concurrency.count


def test_clean__semaphore_as_a_lock(concurrency):
    value, permit = FORK.RawValue("i", 0), FORK.Semaphore(1)

    def add():
        with permit:
            value.value += 1

    concurrency.run(add)
    assert value.value == concurrency.count


def test_persists__semaphore_of_two(concurrency):
    value, permits = FORK.RawValue("i", 0), FORK.Semaphore(2)

    def add():
        with permits:
            value.value += 1

    concurrency.run(add)
    assert value.value == concurrency.count


def test_clean__reentrant_lock(concurrency):
    value, lock = FORK.RawValue("i", 0), FORK.RLock()

    def add():
        with lock, lock:
            value.value += 1

    concurrency.run(add)
    assert value.value == concurrency.count


def test_clean__condition(concurrency):
    ready, condition = FORK.RawValue("i", 0), FORK.Condition()

    def wait():
        with condition:
            return condition.wait_for(lambda: ready.value, 20)

    def tell():
        with condition:
            ready.value = 1
            condition.notify_all()

    assert concurrency.run([wait, tell])[0]


def test_exposed__dict_of_a_manager_thread_lock(concurrency):
    with FORK.Manager() as manager:
        counts, lock = manager.dict(n=0), threading.Lock()

        def add():
            with lock:
                counts["n"] += 1

        concurrency.run(add)
        assert counts["n"] == concurrency.count


# -- pipes, sockets


def test_clean__pipe(concurrency):
    here, there = FORK.Pipe()

    def answer():
        there.send(there.recv() + 1)

    def ask():
        here.send(1)
        return here.recv()

    assert concurrency.run([answer, ask])[1] == 2


def test_clean__named_pipe(concurrency, tmp_path):
    path = str(tmp_path / "pipe")
    os.mkfifo(path)

    def write():
        with open(path, "w") as pipe:
            pipe.write("x")

    def read():
        with open(path) as pipe:
            return pipe.read()

    assert concurrency.run([write, read])[1] == "x"


def test_clean__loopback(concurrency):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer():
            with server.accept()[0] as peer:
                peer.sendall(peer.recv(1) + b"!")

        def ask():
            with socket.create_connection(server.getsockname()) as client:
                client.sendall(b"x")
                return client.makefile("rb").read()

        assert concurrency.run([answer, ask])[1] == b"x!"


# -- copies of globals

SEEN: list[int] = []
GUARD = threading.Lock()


def test_not_shared__global_list(concurrency):
    SEEN.clear()

    def see():
        with GUARD:
            SEEN.append(1)

    concurrency.run(see)
    assert len(SEEN) == concurrency.count


def test_exposed__global_list_decides_who_writes(concurrency, meter):
    SEEN.clear()

    def see():
        with GUARD:
            if not SEEN:
                SEEN.append(1)
                ticked(meter)

    concurrency.run(see)
    assert int(meter.read_text()) >= 1
