"""Programs that go wrong with what a process inherits at a fork, each beside its corrected twin.

Those whose names begin with ``fine`` are correct; ``test_forks.py`` says what is to be found in the
others, in the lines that end in a comment.
"""

import asyncio
import os
import queue
import random
import socket
import sqlite3
import threading
import time
import uuid

import pytest

pytestmark = pytest.mark.threadsafe


@pytest.fixture
def lines(tmp_path):
    path = tmp_path / "lines"
    path.write_text("one\ntwo\n")
    return path


# -- a lock that another thread holds at the fork


class Journal:
    """A thread saves what was said; with a lock, which only the twin makes anew after a fork."""

    def __init__(self, path, *, starts_over=False):
        self.lock, self.path, self.said = threading.Lock(), path, 0
        self.stop = False
        if starts_over:
            os.register_at_fork(after_in_child=self.start_over)
        self.thread = threading.Thread(target=self.save, name="saver", daemon=True)
        self.thread.start()

    def start_over(self):
        self.lock = threading.Lock()

    def save(self):
        while not self.stop:
            with self.lock:  # taken
                said = self.said
                self.path.write_text(str(said))
            time.sleep(0.001)

    def say(self):
        with self.lock:  # waits
            self.said += 1
            return self.said

    def close(self):
        self.stop = True
        self.thread.join()


@pytest.fixture
def journal(request, tmp_path):
    journal = Journal(tmp_path / "journal", starts_over="fine" in request.node.name)
    yield journal
    journal.close()


def test_held_by_the_saver(journal, concurrency):
    assert all(concurrency.run(journal.say))


def test_fine_lock_made_anew(journal, concurrency):
    assert all(concurrency.run(journal.say))


# -- a thread that a process does not have


class Adder:
    def __init__(self):
        self.jobs, self.pid = queue.Queue(), os.getpid()
        self.start()

    def start(self):
        self.thread = threading.Thread(target=self.work, name="adder", daemon=True)
        self.thread.start()

    def work(self):
        while (job := self.jobs.get()) is not None:  # answers
            number, done, results = job
            results.append(number + 1)
            done.set()

    def add(self, number):
        done, results = threading.Event(), []
        self.jobs.put((number, done, results))
        done.wait()  # for ever
        return results[0]

    def add_anywhere(self, number):
        if self.pid != os.getpid():
            self.jobs, self.pid = queue.Queue(), os.getpid()
            self.start()
        return self.add(number)

    def close(self):
        self.jobs.put(None)
        self.thread.join()


@pytest.fixture
def adder():
    adder = Adder()
    yield adder
    adder.close()


def test_missing_adder(adder, concurrency):
    assert set(concurrency.run(lambda: adder.add(1))) == {2}


def test_fine_thread_started_anew(adder, concurrency):
    assert set(concurrency.run(lambda: adder.add_anywhere(1))) == {2}


# -- the same numbers in each process


def test_generator_of_names(tmp_path, concurrency):
    rng = random.Random(1)

    def save():
        name = str(rng.getrandbits(64))  # draws
        (tmp_path / name).write_text("x")

    concurrency.run(save)
    assert len(list(tmp_path.iterdir())) == concurrency.count


def test_fine_names_by_the_system(tmp_path, concurrency):
    rng = random.SystemRandom()
    concurrency.run(lambda: (tmp_path / str(rng.getrandbits(64))).write_text("x"))
    assert len(list(tmp_path.iterdir())) == concurrency.count


class Ids:
    def __init__(self):
        self.chance, self.lock = random.Random(7), threading.Lock()
        self.pid = os.getpid()

    def new(self):
        with self.lock:
            return uuid.UUID(int=self.chance.getrandbits(128), version=4)  # draws

    def new_anywhere(self):
        if self.pid != os.getpid():
            self.chance, self.pid = random.Random(), os.getpid()
        return self.new()


def test_generator_of_ids(tmp_path, concurrency):
    ids = Ids()
    found = concurrency.run(lambda: (tmp_path / ids.new().hex).write_text("x"))
    assert len(list(tmp_path.iterdir())) == len(found)


def test_fine_ids_of_each_process(tmp_path, concurrency):
    ids = Ids()
    found = concurrency.run(lambda: (tmp_path / ids.new_anywhere().hex).write_text("x"))
    assert len(list(tmp_path.iterdir())) == len(found)


def test_fine_the_same_numbers_where_nobody_minds(tmp_path, concurrency):
    rng, lock = random.Random(3), threading.Lock()

    def jitter():
        with lock, open(tmp_path / "log", "a") as log:
            log.write("waited\n" if rng.random() < 2 else "")

    concurrency.run(jitter)
    assert len((tmp_path / "log").read_text().splitlines()) == concurrency.count


# -- buffers and positions of open files


def test_buffer_never_written(tmp_path, concurrency):
    lock = threading.Lock()
    with open(tmp_path / "journal", "w") as file:

        def say():
            with lock:
                file.write("line\n")  # writes

        concurrency.run(say)
    assert (tmp_path / "journal").read_text() == "line\n" * concurrency.count


def test_fine_buffer_flushed(tmp_path, concurrency):
    lock = threading.Lock()
    with open(tmp_path / "journal", "w") as file:

        def say():
            with lock:
                file.write("line\n")
                file.flush()

        concurrency.run(say)
    assert (tmp_path / "journal").read_text() == "line\n" * concurrency.count


def test_buffer_written_twice(tmp_path, concurrency):
    lock = threading.Lock()
    with open(tmp_path / "table", "w") as file:
        file.write("head\n")

        def row():
            with lock:
                file.write("row\n")  # writes
                file.flush()  # flushes

        concurrency.run(row)
    assert (tmp_path / "table").read_text().count("head") == 1


def test_fine_flushed_before(tmp_path, concurrency):
    lock = threading.Lock()
    with open(tmp_path / "table", "w") as file:
        file.write("head\n")
        file.flush()

        def row():
            with lock:
                file.write("row\n")
                file.flush()

        concurrency.run(row)
    assert (tmp_path / "table").read_text().count("head") == 1


def test_buffer_read_ahead(lines, concurrency):
    lock = threading.Lock()
    with open(lines) as file:

        def take():
            with lock:
                return file.readline()  # reads

        assert sorted(concurrency.run([take, take])) == ["one\n", "two\n"]


def test_fine_read_without_buffer(lines, concurrency):
    lock = threading.Lock()
    with open(lines, "rb", buffering=0) as file:

        def take():
            with lock:
                return file.read(4)

        assert sorted(concurrency.run([take, take])) == [b"one\n", b"two\n"]


def test_offset_of_a_reader(lines, concurrency):
    lock = threading.Lock()
    with open(lines, "rb", buffering=0) as file:

        def read(position):
            with lock:
                file.seek(position)  # moves
                return file.read(4)  # reads

        found = concurrency.run([lambda: read(0), lambda: read(4)])
    assert found == [b"one\n", b"two\n"]


def test_fine_read_at_a_position(lines, concurrency):
    with open(lines, "rb", buffering=0) as file:
        number = file.fileno()
        found = concurrency.run([lambda: os.pread(number, 4, 0), lambda: os.pread(number, 4, 4)])
    assert found == [b"one\n", b"two\n"]


# -- an open database


@pytest.fixture
def path(tmp_path):
    path = str(tmp_path / "db")
    with sqlite3.connect(path) as connection:
        connection.execute("create table t (n int)")
    connection.close()
    return path


def test_connection_of_the_parent(path, concurrency):
    database, lock = sqlite3.connect(path, check_same_thread=False), threading.Lock()

    def add():
        with lock:
            database.execute("insert into t values (1)")  # uses
            database.commit()  # commits

    concurrency.run(add)
    database.close()


def test_fine_connections_of_their_own(path, concurrency):
    def add():
        connection = sqlite3.connect(path, timeout=20)
        connection.execute("insert into t values (1)")
        connection.commit()
        connection.close()

    concurrency.run(add)


def test_fine_in_memory(concurrency):
    connection, lock = sqlite3.connect(":memory:", check_same_thread=False), threading.Lock()

    def look():
        with lock:
            return connection.execute("select 1").fetchone()

    assert set(concurrency.run(look)) == {(1,)}
    connection.close()


# -- streams and event loops


def test_stream_of_all(concurrency):
    client, server = socket.socketpair()
    lock = threading.Lock()

    def ask():
        with lock:
            client.sendall(b"x")  # sends

    concurrency.run(ask)
    with client, server:
        assert len(server.recv(100)) == concurrency.count


def test_fine_streams_of_their_own(concurrency):
    def ask():
        client, server = socket.socketpair()
        with client, server:
            client.sendall(b"x")
            return server.recv(1)

    assert set(concurrency.run(ask)) == {b"x"}


def test_loop_of_the_parent(concurrency):
    loop, lock = asyncio.new_event_loop(), threading.Lock()

    def work():
        with lock:
            return loop.run_until_complete(asyncio.sleep(0, 1))  # runs

    assert set(concurrency.run(work)) == {1}
    loop.close()


def test_fine_loops_of_their_own(concurrency):
    assert set(concurrency.run(lambda: asyncio.run(asyncio.sleep(0, 1)))) == {1}


# -- forks of the program's own


def test_threads_beside_a_fork():
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait, name="waiter")
    thread.start()
    pid = os.fork()  # forks
    if pid == 0:
        os._exit(0)
    stop.set()
    thread.join()
    assert os.waitpid(pid, 0)[1] == 0


def test_fine_fork_before_threads():
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    thread = threading.Thread(target=len, args=("",), name="waiter")
    thread.start()
    thread.join()
    assert os.waitpid(pid, 0)[1] == 0
