"""Each test begins with the verdict that an expert would give."""

import fcntl
import functools
import json
import logging
import logging.handlers
import mmap
import multiprocessing
import os
import queue
import random
import shelve
import socket
import socketserver
import sqlite3
import struct
import tempfile
import threading
import time
import uuid
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import shared_memory

import pytest

pytestmark = pytest.mark.threadsafe
FORK = multiprocessing.get_context("fork")


class Box:
    def __init__(self):
        self.n = 0
        self.lock = threading.Lock()


# -- memory


def test_hidden__memory_sum(concurrency):
    box = Box()

    def add():
        seen = box.n
        box.n = seen + 1

    concurrency.run(add)
    assert box.n == concurrency.count


def test_hidden__memory_each_for_itself(concurrency):
    box = Box()

    def add():
        box.n += 1
        return box.n

    assert min(concurrency.run(add)) >= 1


def test_not_shared__memory_locked(concurrency):
    box = Box()

    def add():
        with box.lock:
            box.n += 1

    concurrency.run(add)
    assert box.n == concurrency.count


def test_not_shared__memory_under_a_process_lock(concurrency):
    box, lock = Box(), FORK.Lock()

    def add():
        with lock:
            box.n += 1

    concurrency.run(add)
    assert box.n == concurrency.count


def test_clean__memory_read_only(concurrency):
    table = {"a": 1}
    assert set(concurrency.run(lambda: table["a"])) == {1}


def test_clean__copies_in_memory():
    assert sum([1, 2, 3]) == 6


# -- files


class FileMeter:
    def __init__(self, path):
        self.path = str(path)
        self.write(0)

    def read(self):
        with open(self.path) as f:
            return int(f.read() or 0)

    def write(self, n):
        with open(self.path, "w") as f:
            f.write(str(n))

    def tick(self):
        n = self.read()
        self.write(n + 1)


def test_persists__file_no_lock(concurrency, tmp_path):
    meter = FileMeter(tmp_path / "n")
    concurrency.run(meter.tick)
    assert meter.read() == concurrency.count


def test_exposed__file_thread_lock(concurrency, tmp_path):
    meter, lock = FileMeter(tmp_path / "n"), threading.Lock()

    def tick():
        with lock:
            meter.tick()

    concurrency.run(tick)
    assert meter.read() == concurrency.count


def test_clean__file_process_lock(concurrency, tmp_path):
    meter, lock = FileMeter(tmp_path / "n"), FORK.Lock()

    def tick():
        with lock:
            meter.tick()

    concurrency.run(tick)
    assert meter.read() == concurrency.count


def test_clean__file_flock(concurrency, tmp_path):
    meter = FileMeter(tmp_path / "n")

    def tick():
        with open(tmp_path / "lock", "w") as guard:
            fcntl.flock(guard, fcntl.LOCK_EX)
            meter.tick()

    concurrency.run(tick)
    assert meter.read() == concurrency.count


def test_hidden__lockf_is_no_lock_between_threads(concurrency, tmp_path):
    meter = FileMeter(tmp_path / "n")

    def tick():
        with open(tmp_path / "lock", "w") as guard:
            fcntl.lockf(guard, fcntl.LOCK_EX)
            meter.tick()

    concurrency.run(tick)
    assert meter.read() == concurrency.count


def test_persists__flock_on_one_description(concurrency, tmp_path):
    meter = FileMeter(tmp_path / "n")
    with open(tmp_path / "lock", "w") as guard:

        def tick():
            fcntl.flock(guard, fcntl.LOCK_EX)
            meter.tick()

        concurrency.run(tick)
    assert meter.read() == concurrency.count


def test_clean__file_lock_file(concurrency, tmp_path):
    meter, lock = FileMeter(tmp_path / "n"), str(tmp_path / "lock")

    def tick():
        while True:
            try:
                os.close(os.open(lock, os.O_CREAT | os.O_EXCL))
                break
            except FileExistsError:
                time.sleep(0.001)
        meter.tick()
        os.unlink(lock)

    concurrency.run(tick)
    assert meter.read() == concurrency.count


def test_persists__file_lock_given_up_between(concurrency, tmp_path):
    meter, lock = FileMeter(tmp_path / "n"), FORK.Lock()

    def tick():
        with lock:
            n = meter.read()
        with lock:
            meter.write(n + 1)

    concurrency.run(tick)
    assert meter.read() == concurrency.count


def test_clean__file_created_once(concurrency, tmp_path):
    path = str(tmp_path / "once")

    def make():
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return 0
        return 1

    assert sum(concurrency.run(make)) == 1


def test_persists__file_looked_for_first(concurrency, tmp_path):
    path = str(tmp_path / "once")

    def make():
        if os.path.exists(path):
            return 0
        open(path, "w").close()
        return 1

    assert sum(concurrency.run(make)) == 1


def test_persists__folder_made_after_look(concurrency, tmp_path):
    path = tmp_path / "folder"

    def make():
        if not path.exists():
            path.mkdir()

    concurrency.run(make)
    assert path.is_dir()


def test_persists__folder_listed_for_a_number(concurrency, tmp_path):
    def write():
        number = len(os.listdir(tmp_path))
        (tmp_path / f"{number}.txt").write_text("x")

    concurrency.run(write)
    assert len(list(tmp_path.iterdir())) == concurrency.count


def test_clean__folder_made_if_missing(concurrency, tmp_path):
    path = tmp_path / "folder"
    concurrency.run(lambda: path.mkdir(exist_ok=True))
    assert path.is_dir()


def test_clean__written_aside_and_renamed(concurrency, tmp_path):
    path = tmp_path / "state.json"
    path.write_text('{"n": 0}')

    def save():
        fd, name = tempfile.mkstemp(dir=tmp_path)
        with os.fdopen(fd, "w") as f:
            json.dump({"n": 1}, f)
        os.replace(name, path)
        return json.loads(path.read_text())["n"]

    assert set(concurrency.run(save)) == {1}


def test_persists__one_name_aside(concurrency, tmp_path):
    path, aside = tmp_path / "state", tmp_path / "state.tmp"

    def save():
        aside.write_text("state")
        os.replace(aside, path)

    concurrency.run(save)
    assert path.read_text() == "state"


def test_clean__lines_appended(concurrency, tmp_path):
    path = tmp_path / "log"

    def say():
        with open(path, "a") as f:
            f.write("line\n")

    concurrency.run(say)
    assert path.read_text() == "line\n" * concurrency.count


def test_clean__files_of_their_own(concurrency, tmp_path):
    def write():
        path = tmp_path / uuid.uuid4().hex
        path.write_text("x")
        return path.read_text()

    assert set(concurrency.run(write)) == {"x"}


RECORD = logging.makeLogRecord({"msg": "fifteen letters"})


def test_exposed__log_rotated_by_all(concurrency, tmp_path):
    (tmp_path / "log").write_text("fifteen letters\n")
    handler = logging.handlers.RotatingFileHandler(tmp_path / "log", maxBytes=20, backupCount=9)
    handler.setFormatter(logging.Formatter("%(message)s"))
    concurrency.run(lambda: handler.handle(RECORD))
    handler.close()
    texts = [path.read_text() for path in tmp_path.iterdir()]
    assert sum(text.count("\n") for text in texts) == concurrency.count + 1


# -- named from memory, inherited


class Ids:
    def __init__(self):
        self.lock, self.last = threading.Lock(), 0

    def __call__(self):
        with self.lock:
            self.last += 1
            return self.last


def test_breaks__files_named_by_ids(concurrency, tmp_path):
    ids = Ids()
    concurrency.run(lambda: (tmp_path / str(ids())).write_text("x"))
    assert len(list(tmp_path.iterdir())) == concurrency.count


def test_breaks__files_named_by_chance_after_fork(concurrency, tmp_path):
    rng = random.Random(1)
    concurrency.run(lambda: (tmp_path / str(rng.getrandbits(64))).write_text("x"))
    assert len(list(tmp_path.iterdir())) == concurrency.count


def test_breaks__inherited_buffer(concurrency, tmp_path):
    lock = threading.Lock()
    with open(tmp_path / "j", "w") as file:

        def say():
            with lock:
                file.write("line\n")

        concurrency.run(say)
    assert (tmp_path / "j").read_text() == "line\n" * concurrency.count


def test_breaks__count_in_memory_saved(concurrency, tmp_path):
    box = Box()

    def add():
        with box.lock:
            box.n += 1
            (tmp_path / "n").write_text(str(box.n))

    concurrency.run(add)
    assert int((tmp_path / "n").read_text()) == concurrency.count


def test_breaks__queue_in_memory(concurrency):
    q = queue.Queue()
    assert concurrency.run([functools.partial(q.get, timeout=1.5), lambda: q.put(1)])[0] == 1


# -- databases


@pytest.fixture
def database(tmp_path):
    path = str(tmp_path / "db")
    with sqlite3.connect(path) as con:
        con.execute("create table t (n int)")
        con.execute("insert into t values (0)")
    con.close()
    return path


def value_of(path):
    con = sqlite3.connect(path)
    n = con.execute("select n from t").fetchone()[0]
    con.close()
    return n


def test_clean__sqlite_update(concurrency, database):
    def add():
        con = sqlite3.connect(database, timeout=20)
        with con:
            con.execute("update t set n = n + 1")
        con.close()

    concurrency.run(add)
    assert value_of(database) == concurrency.count


def test_persists__sqlite_read_then_write(concurrency, database):
    def add():
        con = sqlite3.connect(database, timeout=20)
        n = con.execute("select n from t").fetchone()[0]
        with con:
            con.execute("update t set n = ?", (n + 1,))
        con.close()

    concurrency.run(add)
    assert value_of(database) == concurrency.count


def test_clean__sqlite_immediate(concurrency, database):
    def add():
        con = sqlite3.connect(database, timeout=20, isolation_level=None)
        con.execute("begin immediate")
        n = con.execute("select n from t").fetchone()[0]
        con.execute("update t set n = ?", (n + 1,))
        con.execute("commit")
        con.close()

    concurrency.run(add)
    assert value_of(database) == concurrency.count


def test_clean__sqlite_in_memory_each(concurrency):
    def work():
        con = sqlite3.connect(":memory:")
        con.execute("create table t (n int)")
        con.execute("insert into t values (1)")
        return con.execute("select n from t").fetchone()[0]

    assert set(concurrency.run(work)) == {1}


def test_persists__shelve(concurrency, tmp_path):
    path = str(tmp_path / "shelf")
    with shelve.open(path) as shelf:
        shelf["n"] = 0

    def add():
        with shelve.open(path) as shelf:
            shelf["n"] += 1

    concurrency.run(add)
    with shelve.open(path) as shelf:
        assert shelf["n"] == concurrency.count


# -- multiprocessing


def test_persists__value_no_lock(concurrency):
    v = FORK.Value("i", 0)

    def add():
        v.value += 1

    concurrency.run(add)
    assert v.value == concurrency.count


def test_clean__value_locked(concurrency):
    v = FORK.Value("i", 0)

    def add():
        with v.get_lock():
            v.value += 1

    concurrency.run(add)
    assert v.value == concurrency.count


def test_exposed__value_thread_lock(concurrency):
    v, lock = FORK.Value("i", 0, lock=False), threading.Lock()

    def add():
        with lock:
            v.value += 1

    concurrency.run(add)
    assert v.value == concurrency.count


def test_persists__value_weak_check(concurrency):
    v = FORK.Value("i", 0)

    def add():
        v.value += 1

    concurrency.run(add)
    assert v.value >= 1


def test_exposed__value_thread_lock_weak_check(concurrency):
    v, lock = FORK.Value("i", 0), threading.Lock()

    def add():
        with lock:
            v.value += 1

    concurrency.run(add)
    assert v.value >= 1


def test_clean__value_locked_weak_check(concurrency):
    v = FORK.Value("i", 0)

    def add():
        with v.get_lock():
            v.value += 1

    concurrency.run(add)
    assert v.value >= 1


def test_clean__array_own_items(concurrency):
    a, ids = FORK.Array("i", 8), FORK.Value("i", 0)

    def add():
        with ids.get_lock():
            mine = ids.value
            ids.value += 1
        a[mine] += 1

    concurrency.run(add)
    assert sum(a[:]) == concurrency.count


def test_persists__array_one_item(concurrency):
    a = FORK.Array("i", 2)

    def add():
        a[0] += 1

    concurrency.run(add)
    assert a[0] == concurrency.count


def test_clean__queue(concurrency):
    q = FORK.Queue()
    jobs = [functools.partial(q.get, timeout=20), lambda: q.put(1)]
    assert concurrency.run(jobs)[0] == 1


def test_clean__joinable_queue(concurrency):
    q = FORK.JoinableQueue()

    def produce():
        q.put(1)
        q.join()

    def consume():
        got = q.get(timeout=20)
        q.task_done()
        return got

    assert concurrency.run([produce, consume])[1] == 1


def test_clean__barrier(concurrency):
    b = FORK.Barrier(2)
    assert sorted(concurrency.run([functools.partial(b.wait, 20)] * 2)) == [0, 1]


def test_clean__event(concurrency):
    e = FORK.Event()
    assert concurrency.run([functools.partial(e.wait, 20), e.set])[0]


def test_persists__barrier_then_race(concurrency, tmp_path):
    b, meter = FORK.Barrier(2), FileMeter(tmp_path / "n")

    def work():
        b.wait(20)
        meter.tick()

    concurrency.run([work] * 2)
    assert meter.read() == 2


# -- shared memory


def test_persists__shared_memory(concurrency):
    segment = shared_memory.SharedMemory(create=True, size=8)
    try:

        def add():
            segment.buf[0] = segment.buf[0] + 1

        concurrency.run(add)
        assert segment.buf[0] == concurrency.count
    finally:
        segment.close()
        segment.unlink()


def test_clean__shared_memory_locked(concurrency):
    segment, lock = shared_memory.SharedMemory(create=True, size=8), FORK.Lock()
    try:

        def add():
            with lock:
                segment.buf[0] = segment.buf[0] + 1

        concurrency.run(add)
        assert segment.buf[0] == concurrency.count
    finally:
        segment.close()
        segment.unlink()


def test_exposed__shareable_list_thread_lock(concurrency):
    shared, lock = shared_memory.ShareableList([0]), threading.Lock()
    try:

        def add():
            with lock:
                shared[0] += 1

        concurrency.run(add)
        assert shared[0] == concurrency.count
    finally:
        shared.shm.close()
        shared.shm.unlink()


def test_persists__anonymous_map(concurrency):
    m = mmap.mmap(-1, 8)

    def add():
        (n,) = struct.unpack_from("q", m)
        struct.pack_into("q", m, 0, n + 1)

    concurrency.run(add)
    assert struct.unpack_from("q", m)[0] == concurrency.count


# -- own threads


def run_two(f):
    ts = [threading.Thread(target=f) for _ in range(2)]
    for t in ts:
        t.start()
    for t in ts:
        t.join()


def test_persists__own_threads_file(tmp_path):
    meter = FileMeter(tmp_path / "n")
    run_two(meter.tick)
    assert meter.read() == 2


def test_exposed__own_threads_thread_lock(tmp_path):
    meter, lock = FileMeter(tmp_path / "n"), threading.Lock()

    def tick():
        with lock:
            meter.tick()

    run_two(tick)
    assert meter.read() == 2


def test_clean__own_threads_process_lock(tmp_path):
    meter, lock = FileMeter(tmp_path / "n"), FORK.Lock()

    def tick():
        with lock:
            meter.tick()

    run_two(tick)
    assert meter.read() == 2


def test_persists__own_pool_file(tmp_path):
    meter = FileMeter(tmp_path / "n")
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: meter.tick(), range(2)))
    assert meter.read() == 2


def test_hidden__own_threads_memory():
    box = Box()

    def add():
        seen = box.n
        box.n = seen + 1

    run_two(add)
    assert box.n == 2


def test_not_shared__own_threads_queue():
    q, got = queue.Queue(), []
    consumer = threading.Thread(target=lambda: got.append(q.get(timeout=1.5)))
    consumer.start()
    q.put(1)
    consumer.join()
    assert got == [1]


# -- threads that answer


class Echo:
    def __init__(self):
        self.client, self.server = socket.socketpair()
        self.lock = threading.Lock()
        self.thread = threading.Thread(target=self.serve, name="echo", daemon=True)
        self.thread.start()

    def serve(self):
        while data := self.server.recv(4):
            self.server.sendall(data)

    def ask(self, n):
        with self.lock:
            self.client.sendall(struct.pack("i", n))
            return struct.unpack("i", self.client.recv(4))[0]

    def close(self):
        self.client.shutdown(socket.SHUT_RDWR)
        self.thread.join(5)
        self.client.close()
        self.server.close()


def test_inconclusive__talk_to_a_thread_of_the_test(concurrency):
    echo = Echo()

    def ask():
        for n in range(50):
            assert echo.ask(n) == n

    try:
        concurrency.run(ask)
    finally:
        echo.close()


def test_exposed__a_file_while_a_thread_answers(concurrency, tmp_path):
    echo, meter, lock = Echo(), FileMeter(tmp_path / "n"), threading.Lock()
    assert echo.ask(1) == 1

    def tick():
        with lock:
            for _ in range(3):
                meter.tick()

    concurrency.run(tick)
    echo.close()
    assert meter.read() == 3 * concurrency.count


# -- copies


@pytest.fixture
def meter(tmp_path):
    return FileMeter(tmp_path / "n")


def test_clean__copies_with_files_of_their_own(tmp_path):
    (tmp_path / "x").write_text("x")
    assert (tmp_path / "x").read_text() == "x"


@pytest.fixture
def segment():
    segment = shared_memory.SharedMemory(create=True, size=8)
    yield segment
    segment.close()
    segment.unlink()


def test_persists__copies_of_a_weak_check_on_a_segment(segment):
    segment.buf[0] += 1
    assert segment.buf[0] >= 1


def test_hidden__copies_of_a_check_that_no_meter_passes_at_once(meter):
    before = meter.read()
    meter.tick()
    assert meter.read() == before + 1 or before > 100


def test_clean__threads_of_a_manager_are_threads():
    with FORK.Manager() as manager:
        counts, lock = manager.dict(n=0), manager.Lock()

        def add():
            with lock:
                counts["n"] += 1

        run_two(add)
        assert counts["n"] == 2


def test_persists__dict_of_a_manager():
    with FORK.Manager() as manager:
        counts = manager.dict(n=0)

        def add():
            counts["n"] += 1

        run_two(add)
        assert counts["n"] == 2


def test_clean__queue_that_was_filled_before(tmp_path):
    work = FORK.Queue()
    for number in range(2):
        work.put(number)

    def take():
        (tmp_path / str(work.get())).touch()

    run_two(take)
    work.close()
    work.join_thread()
    assert len(list(tmp_path.iterdir())) == 2


def test_inconclusive__pool_of_processes():
    with ProcessPoolExecutor(2, mp_context=FORK) as pool:
        assert list(pool.map(abs, [-1, 2])) == [1, 2]


def test_inconclusive__own_threads_waited_for_by_a_pipe():
    reading, writing = os.pipe()

    def write():
        os.write(writing, b"x")

    thread = threading.Thread(target=write)
    thread.start()
    with os.fdopen(reading, "rb", buffering=0) as file:
        assert file.read(1) == b"x"
    thread.join()
    os.close(writing)


def test_inconclusive__own_server_shut_down_on_the_way_out():
    class Echo(socketserver.StreamRequestHandler):
        def handle(self):
            self.wfile.write(self.rfile.readline())

    with socketserver.TCPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            with socket.create_connection(server.server_address) as client:
                client.sendall(b"line\n")
                assert client.makefile().readline() == "line\n"
        finally:
            server.shutdown()
            thread.join()


# -- files put in place of others; nothing is asserted of what was lost


class Table:
    def __init__(self, path):
        self.path = path

    def load(self):
        with open(self.path) as file:
            return json.load(file)

    def save(self, rows):
        handle, new = tempfile.mkstemp(dir=os.path.dirname(self.path))
        with os.fdopen(handle, "w") as file:
            json.dump(rows, file)
        os.replace(new, self.path)

    def add(self, key):
        rows = self.load()
        rows[key] = 1
        self.save(rows)


def add_two(tmp_path, concurrency, keys):
    path = tmp_path / "rows"
    path.write_text("{}")
    table = Table(str(path))
    concurrency.run([functools.partial(table.add, key) for key in keys])
    assert path.exists()


def test_persists__file_put_in_place(tmp_path, concurrency):
    add_two(tmp_path, concurrency, "ab")


def test_clean__file_put_in_place_with_the_same(tmp_path, concurrency):
    add_two(tmp_path, concurrency, "aa")


# -- threads of fixtures that answer from memory


class Actor:
    def __init__(self):
        self.box, self.total = queue.Queue(), 0
        self.thread = threading.Thread(target=self.run, name="actor", daemon=True)
        self.thread.start()

    def run(self):
        while (job := self.box.get()) is not None:
            count, done = job
            self.total += count
            done.set()

    def add(self, count):
        done = threading.Event()
        self.box.put((count, done))
        return done.wait(1)


@pytest.fixture
def actor():
    actor = Actor()
    yield actor
    actor.box.put(None)
    actor.thread.join()


def test_inconclusive__ask_the_thread_of_a_fixture(actor, concurrency):
    def ask():
        assert actor.add(1)

    concurrency.run(ask)
    assert actor.total == concurrency.count


def test_inconclusive__copies_ask_the_thread_of_a_fixture(actor):
    assert actor.add(1)


def test_not_shared__nobody_waits_for_the_thread_of_a_fixture(actor, concurrency):
    concurrency.run(lambda: actor.box.put((1, threading.Event())))
    assert actor.add(0)
    assert actor.total == concurrency.count
