"""Programs whose processes meet outside memory: in some order of their steps each ``racy`` one goes
wrong, and what its name says next is found; no ``fine`` one ever does.
"""

import fcntl
import json
import mmap
import multiprocessing
import os
import sqlite3
import struct
from multiprocessing import shared_memory

import pytest

pytestmark = pytest.mark.threadsafe
FORK = multiprocessing.get_context("fork")


@pytest.fixture
def count(tmp_path):
    path = tmp_path / "count"
    path.write_text("0")
    return path


def add_one(path):
    number = int(path.read_text())
    path.write_text(str(number + 1))


# -- files


def test_racy__lost_update__file(concurrency, count):
    concurrency.run(lambda: add_one(count))
    assert count.read_text() == str(concurrency.count)


def test_fine__file_under_a_lock(concurrency, count):
    lock = FORK.Lock()

    def work():
        with lock:
            add_one(count)

    concurrency.run(work)
    assert count.read_text() == str(concurrency.count)


def test_racy__lost_update__file_under_two_locks(concurrency, count):
    lock = FORK.Lock()

    def work():
        with lock:
            number = int(count.read_text())
        with lock:
            count.write_text(str(number + 1))

    concurrency.run(work)
    assert count.read_text() == str(concurrency.count)


def test_fine__file_under_flock(concurrency, count, tmp_path):
    def work():
        with open(tmp_path / "lock", "w") as guard:
            fcntl.flock(guard, fcntl.LOCK_EX)
            add_one(count)

    concurrency.run(work)
    assert count.read_text() == str(concurrency.count)


def test_racy__lost_update__file_under_a_shared_flock(concurrency, count, tmp_path):
    def work():
        with open(tmp_path / "lock", "w") as guard:
            fcntl.flock(guard, fcntl.LOCK_SH)
            add_one(count)

    concurrency.run(work)
    assert count.read_text() == str(concurrency.count)


def test_fine__file_under_lockf(concurrency, count, tmp_path):
    def work():
        with open(tmp_path / "lock", "w") as guard:
            fcntl.lockf(guard, fcntl.LOCK_EX)
            add_one(count)

    concurrency.run(work)
    assert count.read_text() == str(concurrency.count)


def test_racy__lost_update__file_by_a_library(concurrency, count):
    def work():
        with open(count) as file:
            number = json.load(file)
        with open(count, "w") as file:
            json.dump(number + 1, file)

    concurrency.run(work)
    assert count.read_text() == str(concurrency.count)


def test_racy__test_failure__looks_whether_it_is_there(concurrency, tmp_path):
    path = tmp_path / "made"

    def work():
        if path.exists():
            return 0
        path.write_text("mine")
        return 1

    assert sum(concurrency.run(work)) == 1


def test_fine__makes_what_must_not_be_there(concurrency, tmp_path):
    path = str(tmp_path / "made")

    def work():
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return 0
        return 1

    assert sum(concurrency.run(work)) == 1


def test_racy__test_failure__one_name_aside(concurrency, tmp_path):
    def work():
        aside = tmp_path / "aside"
        aside.write_text("all")
        os.replace(aside, tmp_path / "state")

    concurrency.run(work)


def test_fine__a_name_of_its_own_aside(concurrency, tmp_path):
    def work():
        aside = tmp_path / f"aside-{os.getpid()}"
        aside.write_text("all")
        os.replace(aside, tmp_path / "state")

    concurrency.run(work)
    assert (tmp_path / "state").read_text() == "all"


# -- databases


@pytest.fixture
def database(tmp_path):
    path = str(tmp_path / "db")
    with sqlite3.connect(path) as connection:
        connection.execute("create table account (balance)")
        connection.execute("insert into account values (0)")
    connection.close()
    return path


def balance(database):
    connection = sqlite3.connect(database)
    ((found,),) = connection.execute("select balance from account")
    connection.close()
    return found


def test_racy__test_failure__balance_read_then_written(concurrency, database):
    def work():
        connection = sqlite3.connect(database)
        (number,) = connection.execute("select balance from account").fetchone()
        with connection:
            connection.execute("update account set balance = ?", (number + 1,))
        connection.close()

    concurrency.run(work)
    assert balance(database) == concurrency.count


def test_fine__balance_updated_in_place(concurrency, database):
    def work():
        connection = sqlite3.connect(database)
        with connection:
            connection.execute("update account set balance = balance + 1")
        connection.close()

    concurrency.run(work)
    assert balance(database) == concurrency.count


# -- shared memory


def test_racy__lost_update__value(concurrency):
    value = FORK.Value("i", 0)

    def work():
        value.value += 1

    concurrency.run(work)
    assert value.value == concurrency.count


def test_fine__value_under_its_lock(concurrency):
    value = FORK.Value("i", 0)

    def work():
        with value.get_lock():
            value.value += 1

    concurrency.run(work)
    assert value.value == concurrency.count


def test_racy__lost_update__value_that_is_not_checked(concurrency):
    value = FORK.RawValue("i", 0)

    def work():
        seen = value.value
        value.value = seen + 1

    concurrency.run(work)


def test_racy__lost_update__item_of_an_array(concurrency):
    array = FORK.Array("i", 3)

    def work():
        array[1] += 1

    concurrency.run(work)
    assert array[1] == concurrency.count


def test_fine__item_of_an_array_each(concurrency):
    array = FORK.Array("i", 2)

    def first():
        array[0] += 1

    def second():
        array[1] += 1

    concurrency.run([first, second])
    assert array[:] == [1, 1]


def test_racy__lost_update__shared_memory(concurrency):
    segment = shared_memory.SharedMemory(create=True, size=1)
    try:

        def work():
            segment.buf[0] = segment.buf[0] + 1

        concurrency.run(work)
        assert segment.buf[0] == concurrency.count
    finally:
        segment.close()
        segment.unlink()


def test_racy__lost_update__map(concurrency):
    shared = mmap.mmap(-1, 8)

    def work():
        (seen,) = struct.unpack_from("q", shared, 0)
        struct.pack_into("q", shared, 0, seen + 1)

    concurrency.run(work)
    assert struct.unpack_from("q", shared, 0) == (concurrency.count,)


# -- who waits for whom


def test_racy__deadlock__two_locks(concurrency):
    one, other = FORK.Lock(), FORK.Lock()

    def there():
        with one, other:
            pass

    def back():
        with other, one:
            pass

    concurrency.run([there, back])


def test_fine__two_locks_in_one_order(concurrency):
    one, other = FORK.Lock(), FORK.Lock()

    def work():
        with one, other:
            pass

    concurrency.run([work, work])


def test_racy__deadlock__two_files(concurrency, tmp_path):
    def work(first, then):
        with open(tmp_path / first, "w") as one, open(tmp_path / then, "w") as other:
            fcntl.flock(one, fcntl.LOCK_EX)
            fcntl.flock(other, fcntl.LOCK_EX)

    concurrency.run([lambda: work("a", "b"), lambda: work("b", "a")])


def test_fine__a_lock_that_is_waited_for_a_while_only(concurrency):
    one, other = FORK.Lock(), FORK.Lock()

    def there():
        with one:
            if other.acquire(timeout=0.1):
                other.release()

    def back():
        with other:
            if one.acquire(timeout=0.1):
                one.release()

    concurrency.run([there, back])


def test_fine__barrier(concurrency, count):
    barrier = FORK.Barrier(2)

    def work():
        count.read_text()
        barrier.wait()

    concurrency.run([work, work])


def test_racy__test_failure__pipe_asked_first(concurrency):
    reading, writing = FORK.Pipe(duplex=False)
    writing.send("the only one")

    def work():
        if reading.poll():
            return reading.recv()
        return None

    def late():
        taken = work()
        writing.send("one more")
        return taken

    assert concurrency.run([work, late]).count(None) == 1
