"""The kinds of ``isolation_kinds.py`` in other styles; each test begins with its verdict."""

import csv
import dbm.dumb
import fcntl
import json
import mmap
import multiprocessing
import os
import shelve
import socket
import sqlite3
import struct
import tempfile
import threading
import time
from contextlib import closing, contextmanager
from multiprocessing.managers import SharedMemoryManager

import pytest

pytestmark = pytest.mark.threadsafe
FORK = multiprocessing.get_context("fork")


@pytest.fixture
def manager():
    with FORK.Manager() as made:
        yield made


def test_persists__manager_dict_counter(concurrency, manager):
    table = manager.dict(n=0)

    def add():
        table["n"] = table["n"] + 1

    concurrency.run(add)
    assert table["n"] == concurrency.count


def test_clean__manager_dict_under_manager_lock(concurrency, manager):
    table, lock = manager.dict(n=0), manager.Lock()

    def add():
        with lock:
            table["n"] = table["n"] + 1

    concurrency.run(add)
    assert table["n"] == concurrency.count


def test_exposed__manager_list_thread_lock(concurrency, manager):
    items, lock = manager.list([0]), threading.Lock()

    def add():
        with lock:
            items[0] = items[0] + 1

    concurrency.run(add)
    assert items[0] == concurrency.count


def test_clean__manager_list_append(concurrency, manager):
    items = manager.list()
    concurrency.run(lambda: items.append(1))
    assert len(items) == concurrency.count


def test_persists__barrier_then_add(concurrency, thread_count, tmp_path):
    barrier, path = FORK.Barrier(thread_count), tmp_path / "n"
    path.write_text("0")

    def add():
        barrier.wait(20)
        n = int(path.read_text())
        path.write_text(str(n + 1))

    concurrency.run(add)
    assert path.read_text() == str(concurrency.count)


def test_clean__semaphore_around_write(concurrency, tmp_path):
    gate, path = FORK.BoundedSemaphore(1), tmp_path / "n"
    path.write_text("0")

    def add():
        gate.acquire()
        try:
            n = int(path.read_text())
            path.write_text(str(n + 1))
        finally:
            gate.release()

    concurrency.run(add)
    assert path.read_text() == str(concurrency.count)


def test_persists__semaphore_of_many(concurrency, tmp_path):
    gate, path = FORK.Semaphore(8), tmp_path / "n"
    path.write_text("0")

    def add():
        with gate:
            n = int(path.read_text())
            path.write_text(str(n + 1))

    concurrency.run(add)
    assert path.read_text() == str(concurrency.count)


@pytest.fixture
def shm():
    with SharedMemoryManager(ctx=FORK) as made:
        yield made


def test_persists__shareable_list(concurrency, shm):
    numbers = shm.ShareableList([0])

    def add():
        numbers[0] += 1

    concurrency.run(add)
    assert numbers[0] == concurrency.count


def test_clean__shareable_list_process_lock(concurrency, shm):
    numbers, lock = shm.ShareableList([0]), FORK.Lock()

    def add():
        with lock:
            numbers[0] += 1

    concurrency.run(add)
    assert numbers[0] == concurrency.count


@pytest.fixture
def mapped(tmp_path):
    path = tmp_path / "m"
    path.write_bytes(bytes(16))
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 16) as made:
        yield made


def test_persists__struct_in_a_map(concurrency, mapped):
    def add():
        (n,) = struct.unpack_from("i", mapped, 0)
        struct.pack_into("i", mapped, 0, n + 1)

    concurrency.run(add)
    assert struct.unpack_from("i", mapped, 0) == (concurrency.count,)


def test_exposed__struct_in_a_map_rlock(concurrency, mapped):
    lock = threading.RLock()

    def add():
        with lock:
            (n,) = struct.unpack_from("i", mapped, 0)
            struct.pack_into("i", mapped, 0, n + 1)

    concurrency.run(add)
    assert struct.unpack_from("i", mapped, 0) == (concurrency.count,)


def test_clean__o_append(concurrency, tmp_path):
    path = tmp_path / "log"

    def write():
        fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(fd, b"line\n")
        os.close(fd)

    concurrency.run(write)
    assert path.read_bytes() == b"line\n" * concurrency.count


def test_persists__seek_to_end_then_write(concurrency, tmp_path):
    path = tmp_path / "log"
    path.touch()

    def write():
        with open(path, "r+") as f:
            f.seek(0, os.SEEK_END)
            f.write("line\n")

    concurrency.run(write)
    assert path.read_text() == "line\n" * concurrency.count


def test_persists__replace_lost(concurrency, tmp_path):
    path = tmp_path / "conf.json"
    path.write_text("{}")

    def put():
        data = json.loads(path.read_text())
        data[str(len(data))] = True
        fd, name = tempfile.mkstemp(dir=tmp_path)
        with os.fdopen(fd, "w") as f:
            json.dump(data, f)
        os.replace(name, path)

    concurrency.run(put)
    assert len(json.loads(path.read_text())) == concurrency.count


def test_clean__replace_same(concurrency, tmp_path):
    path = tmp_path / "cache.json"

    def put():
        fd, name = tempfile.mkstemp(dir=tmp_path)
        with os.fdopen(fd, "w") as f:
            json.dump({"answer": 42}, f)
        os.replace(name, path)
        assert json.loads(path.read_text()) == {"answer": 42}

    concurrency.run(put)


def test_persists__same_temporary_name(concurrency, tmp_path):
    path = tmp_path / "out"

    def put():
        part = tmp_path / "out.part"
        part.write_text("x" * 10)
        os.rename(part, path)

    concurrency.run(put)
    assert path.read_text() == "x" * 10


def test_clean__a_socketpair_each(concurrency):
    def talk():
        a, b = socket.socketpair()
        with a, b:
            a.sendall(b"hi")
            assert b.recv(10) == b"hi"

    concurrency.run(talk)


def test_clean__fifo(concurrency, tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)

    def put():
        fd = os.open(path, os.O_WRONLY)
        os.write(fd, b"12345")
        os.close(fd)

    concurrency.run(put)
    got = os.read(reader, 1000)
    os.close(reader)
    assert got == b"12345" * concurrency.count


def test_persists__shelve(concurrency, tmp_path):
    with shelve.open(str(tmp_path / "s")) as s:
        s["n"] = 0

    def add():
        with closing(shelve.Shelf(dbm.dumb.open(str(tmp_path / "d")))) as s:
            s["n"] = s.get("n", 0) + 1

    concurrency.run(add)
    with closing(shelve.Shelf(dbm.dumb.open(str(tmp_path / "d")))) as s:
        assert s["n"] == concurrency.count


@pytest.fixture
def db(tmp_path):
    path = tmp_path / "x.db"
    with closing(sqlite3.connect(path)) as c:
        c.execute("PRAGMA journal_mode=WAL")
        c.execute("CREATE TABLE t (k TEXT PRIMARY KEY, n INTEGER)")
        c.execute("INSERT INTO t VALUES ('a', 0)")
        c.commit()
    return path


def test_clean__sqlite_update_in_place(concurrency, db):
    def add():
        with closing(sqlite3.connect(db, timeout=30)) as c, c:
            c.execute("UPDATE t SET n = n + 1 WHERE k = 'a'")

    concurrency.run(add)
    with closing(sqlite3.connect(db)) as c:
        assert c.execute("SELECT n FROM t").fetchone() == (concurrency.count,)


def test_persists__sqlite_select_then_update(concurrency, db):
    def add():
        with closing(sqlite3.connect(db, timeout=30, isolation_level=None)) as c:
            (n,) = c.execute("SELECT n FROM t WHERE k = 'a'").fetchone()
            c.execute("UPDATE t SET n = ? WHERE k = 'a'", (n + 1,))

    concurrency.run(add)
    with closing(sqlite3.connect(db)) as c:
        assert c.execute("SELECT n FROM t").fetchone() == (concurrency.count,)


def test_persists__sqlite_insert_if_absent(concurrency, db):
    def add():
        with closing(sqlite3.connect(db, timeout=30, isolation_level=None)) as c:
            if c.execute("SELECT 1 FROM t WHERE k = 'b'").fetchone() is None:
                c.execute("INSERT INTO t VALUES ('b', 1)")

    concurrency.run(add)


def test_clean__sqlite_insert_or_ignore(concurrency, db):
    def add():
        with closing(sqlite3.connect(db, timeout=30, isolation_level=None)) as c:
            c.execute("INSERT OR IGNORE INTO t VALUES ('b', 1)")

    concurrency.run(add)


def test_clean__read_by_pread(concurrency, tmp_path):
    path = tmp_path / "r"
    path.write_bytes(b"ab" * 50)
    fd = os.open(path, os.O_RDONLY)

    def read():
        assert os.pread(fd, 2, 10) == b"ab"

    concurrency.run(read)
    os.close(fd)


@contextmanager
def range_locked(path, start):
    with open(path, "r+b") as f:
        fcntl.lockf(f, fcntl.LOCK_EX, 1, start)
        yield f


def test_exposed__thread_lock_and_lockf_of_other_ranges(concurrency, tmp_path):
    path, lock = tmp_path / "r", threading.Lock()
    path.write_bytes(b"0" * 8)

    def add():
        with lock, range_locked(path, os.getpid() % 1000 + 100):
            n = int(path.read_bytes())
            path.write_bytes(b"%08d" % (n + 1))

    concurrency.run(add)
    assert int(path.read_bytes()) == concurrency.count


def test_clean__lockf_of_one_range_and_thread_lock(concurrency, tmp_path):
    path, lock = tmp_path / "r", threading.Lock()
    path.write_bytes(b"0" * 8)

    def add():
        with lock, range_locked(tmp_path / "r", 0) as f:
            n = int(f.read())
            f.seek(0)
            f.write(b"%08d" % (n + 1))
            f.flush()

    concurrency.run(add)
    assert int(path.read_bytes()) == concurrency.count


def test_clean__files_of_their_own(concurrency, tmp_path):
    def work():
        name = tmp_path / f"{os.getpid()}-{threading.get_ident()}"
        name.write_text("1")
        assert name.read_text() == "1"

    concurrency.run(work)


def test_persists__pid_file(concurrency, tmp_path):
    path = tmp_path / "pid"

    def claim():
        if not path.exists():
            path.write_text(f"{os.getpid()} {threading.get_ident()}")
            return True
        return False

    won = concurrency.run(claim)
    assert sum(won) == 1


def test_clean__pid_file_exclusive(concurrency, tmp_path):
    path = tmp_path / "pid"

    def claim():
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        except FileExistsError:
            return False
        return True

    won = concurrency.run(claim)
    assert sum(won) == 1


def test_clean__link_as_a_lock(concurrency, tmp_path):
    path = tmp_path / "n"
    path.write_text("0")
    (tmp_path / "token").touch()

    def add():
        while True:
            try:
                os.link(tmp_path / "token", tmp_path / "lock")
                break
            except FileExistsError:
                time.sleep(0.001)
        n = int(path.read_text())
        path.write_text(str(n + 1))
        os.unlink(tmp_path / "lock")

    concurrency.run(add)
    assert path.read_text() == str(concurrency.count)


def test_persists__csv_rows_rewritten(concurrency, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("n\n")

    def add():
        with path.open(newline="") as f:
            rows = list(csv.reader(f))
        with path.open("w", newline="") as f:
            csv.writer(f).writerows([*rows, [len(rows)]])

    concurrency.run(add)
    assert len(path.read_text().splitlines()) == concurrency.count + 1


def test_hidden__memory_counter(concurrency):
    box = {"n": 0}

    def add():
        n = box["n"]
        box["n"] = n + 1
        return box["n"]

    concurrency.run(add)
    assert concurrency.count >= 1


def test_persists__makedirs_if_absent(concurrency, tmp_path):
    def make():
        if not os.path.isdir(tmp_path / "d"):
            os.mkdir(tmp_path / "d")

    concurrency.run(make)


def test_clean__makedirs_exist_ok(concurrency, tmp_path):
    concurrency.run(lambda: os.makedirs(tmp_path / "d" / "e", exist_ok=True))


def test_persists__symlink_swapped(concurrency, tmp_path):
    (tmp_path / "a").touch()
    (tmp_path / "current").symlink_to(tmp_path / "a")

    def swap():
        os.unlink(tmp_path / "current")
        os.symlink(tmp_path / "a", tmp_path / "current")

    concurrency.run(swap)
