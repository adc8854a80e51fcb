"""What a process touches outside its memory is seen, and what it does in memory is not."""

from __future__ import annotations

import ctypes
import fcntl
import io
import logging
import mmap
import multiprocessing
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from multiprocessing import shared_memory
from pathlib import Path
from typing import Any

import pytest

from pytest_concurrency.runtime.trace.resource import Outside
from pytest_concurrency.runtime.trace.sites import InstrumentedSite, add_site
from pytest_concurrency.stress.children.child import run_in_child
from pytest_concurrency.stress.children.stay_behind import threads_that_stay_behind
from pytest_concurrency.stress.outside.touch import (
    Touch,
    are_entries,
    entries_of,
    may_meet,
    meeting_places,
)
from pytest_concurrency.stress.outside.watch import WATCH

SITE = add_site(InstrumentedSite("it.py", 1, 0, "work", "read", "value", "v.value"))
READS = add_site(InstrumentedSite("it.py", 3, 0, "work", "read", "readline", "f.readline"))
WITH = add_site(InstrumentedSite("it.py", 4, 0, "work", "acquire", "", "f"))
RELEASE = add_site(InstrumentedSite("it.py", 2, 0, "work", "release", "lock", "lock"))
FORK = multiprocessing.get_context("fork")


def touched(work: Callable[[], object]) -> list[tuple[str, str]]:
    """Run ``work`` watched, in a process of its own: audit hooks stay."""

    def watched(progress: Any) -> list[tuple[str, str]]:
        WATCH.install()
        WATCH.start()
        work()
        return [(touch.location, touch.deed) for touch in WATCH.stop()]

    result = run_in_child(watched, seconds=20)
    assert result.value is not None, result.error
    return result.value


def test_locations_of_a_kind_that_another_package_knows() -> None:
    kind = Outside("store key")
    assert touched(lambda: WATCH.touch(SITE, kind, "n", "n", "read")) == [("store key n", "read")]


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "a"

    def work() -> None:
        path.write_text("x")
        path.read_text()
        path.rename(tmp_path / "b")
        os.listdir(tmp_path)
        with open(tmp_path / "b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            fcntl.flock(file, fcntl.LOCK_UN)
        (tmp_path / "b").unlink()

    a, b, entries = str(path), str(tmp_path / "b"), entries_of(str(tmp_path))
    assert touched(work) == [
        (a, "write"),
        (entries, "write"),
        (a, "read"),
        (a, "write"),
        (entries, "write"),
        (b, "write"),
        (entries, "write"),
        (str(tmp_path), "read"),
        (entries, "read"),
        (b, "read"),
        (b, "lock"),
        (b, "unlock"),
        (b, "write"),
        (entries, "write"),
    ]


def test_what_a_link_names_is_not_touched(tmp_path: Path) -> None:
    link = tmp_path / "link"
    assert touched(lambda: link.symlink_to("elsewhere")) == [
        (str(link), "write"),
        (entries_of(str(tmp_path)), "write"),
    ]


def test_what_is_there_already_changes_no_entries(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("x")
    assert touched(lambda: path.write_text("y")) == [(str(path), "write")]


def test_databases(tmp_path: Path) -> None:
    path = str(tmp_path / "db")
    assert (path, "use") in touched(lambda: sqlite3.connect(path))
    assert touched(lambda: sqlite3.connect(":memory:")) == []
    for uri in (f"file:{path}?mode=rwc", f"file://{path}"):
        assert (path, "use") in touched(lambda uri=uri: sqlite3.connect(uri, uri=True))


def test_other_processes() -> None:
    command = [sys.executable, "-c", ""]
    assert ("<another process>", "use") in touched(lambda: subprocess.run(command, check=True))


def test_forked_processes_may_do_anything() -> None:
    def fork() -> None:
        process = multiprocessing.get_context("fork").Process(target=abs, args=(1,))
        process.start()
        process.join()

    assert ("<another process>", "use") in touched(fork)


def test_code_and_devices_are_nobodys() -> None:
    def work() -> None:
        with open(os.devnull, "w") as null:
            null.write("x")
        Path(__file__).read_text()
        os.urandom(1)
        sum([1, 2, 3])

    assert touched(work) == []


def touch(obj: object, site: int = SITE) -> list[str]:
    """Pass a point of instrumented code before something is done with ``obj``."""
    WATCH.start()
    WATCH.touch(site, obj)
    return [touch.deed for touch in WATCH.stop()]


class TestObjects:
    def test_shared(self, tmp_path: Path) -> None:
        segment = shared_memory.SharedMemory(create=True, size=8)
        shared = [
            FORK.Value("i", 0),
            FORK.Value("i", 0, lock=False),
            FORK.Array("i", 2),
            FORK.Queue(),
            FORK.Event(),
            mmap.mmap(-1, 8),
            segment,
            segment.buf,
        ]
        try:
            assert [bool(touch(obj)) for obj in shared] == [True] * len(shared)
        finally:
            shared.pop()
            segment.close()
            segment.unlink()

    def test_locks_keep_nothing(self) -> None:
        assert touch(FORK.Lock()) == ["lock"]
        assert touch(FORK.RLock()) == ["lock"]
        assert touch(FORK.Lock(), RELEASE) == ["unlock"]

    def test_open_files(self, tmp_path: Path) -> None:
        with (tmp_path / "a").open("w") as file:
            assert touch(file) == ["write"]
            assert touch(file.write) == ["write"]
            assert touch(file, READS) == ["read"]
        with (tmp_path / "a").open() as file:
            assert touch(file) == ["read"]
        with tempfile.NamedTemporaryFile(dir=tmp_path) as named:
            assert touch(named.file) == ["write"]

    def test_to_enter_an_open_file_does_nothing_and_to_leave_it_writes(
        self, tmp_path: Path
    ) -> None:
        with (tmp_path / "a").open("w") as file:
            WATCH.start()
            WATCH.touch(WITH, file)
            entered = WATCH.touches[:]
            WATCH.touch(WITH, file)
            assert entered == []
            assert [touch.deed for touch in WATCH.stop()] == ["write"]

    @pytest.mark.parametrize(
        "obj",
        [
            {},
            [],
            object(),
            threading.Lock(),
            io.StringIO(),
            io.BytesIO(),
            ctypes.c_int(1),
            memoryview(bytearray(2)),
            sys.stdout,
            FORK,
        ],
        ids=lambda obj: type(obj).__name__,
    )
    def test_private(self, obj: object) -> None:
        assert touch(obj) == []

    def test_one_value_has_one_place(self) -> None:
        value = FORK.Value("i", 0)
        WATCH.start()
        WATCH.touch(SITE, value)
        WATCH.touch(SITE, value.get_obj())
        one, other = WATCH.stop()
        assert one.location == other.location
        assert (one.owner, one.part) == ("Synchronized", None)

    def test_a_connection_stands_for_its_file(self, tmp_path: Path) -> None:
        def work() -> None:
            connection = sqlite3.connect(tmp_path / "db")
            WATCH.touch(SITE, connection)
            WATCH.touch(SITE, connection.cursor())
            memory = sqlite3.connect(":memory:")
            WATCH.touch(SITE, memory)

        path = str(tmp_path / "db")
        assert [place for place, _ in touched(work)] == [path] * 3


def test_meeting_places() -> None:
    def trace(*deeds: tuple[str, str]) -> list[Touch]:
        return [Touch(0, place, deed) for place, deed in deeds]  # type: ignore[arg-type]

    assert meeting_places([trace(("a", "read")), trace(("a", "read"))]) == set()
    assert meeting_places([trace(("a", "write")), trace(("a", "read"))]) == {"a"}
    assert meeting_places([trace(("a", "write")), trace(("b", "write"))]) == set()
    entries = entries_of("a")
    assert meeting_places([trace((entries, "write")), trace((entries, "write"))]) == set()
    assert meeting_places([trace((entries, "write")), trace((entries, "read"))]) == {entries}


def test_processes_may_meet_where_something_is_kept_or_at_a_lock() -> None:
    def trace(*deeds: tuple[str, str]) -> list[Touch]:
        return [Touch(0, place, deed) for place, deed in deeds]  # type: ignore[arg-type]

    assert not may_meet([[], []])
    assert not may_meet([trace(("a", "lock"), ("a", "unlock")), trace(("b", "lock"))])
    assert may_meet([trace(("a", "lock"), ("a", "unlock")), trace(("a", "lock"))])
    assert may_meet([trace(("a", "write")), []])


def test_threads_that_stay_behind() -> None:
    before = threads_that_stay_behind()
    ended = threading.Event()
    thread = threading.Thread(target=ended.wait, name="my server")
    thread.start()
    try:
        assert "my server" in threads_that_stay_behind()
    finally:
        ended.set()
        thread.join()
    assert threads_that_stay_behind() == before


def made_map(flags: int) -> mmap.mmap:
    made = mmap.mmap(-1, 8, flags=flags | mmap.MAP_ANONYMOUS)
    made[0] = 1
    return made


def test_private_maps_are_memory_of_their_own() -> None:
    private, shared = made_map(mmap.MAP_PRIVATE), made_map(mmap.MAP_SHARED)
    view = memoryview(private)
    for obj, count in ((private, 0), (view, 0), (shared, 1), (memoryview(shared), 1)):
        assert len(touched(lambda obj=obj: WATCH.touch(SITE, obj, obj, 0, "write"))) == count


def test_maps_at_an_address_used_again_are_asked_about_again() -> None:
    def work() -> None:
        for flags in (mmap.MAP_PRIVATE, mmap.MAP_SHARED) * 3:
            made = made_map(flags)
            WATCH.touch(SITE, made, made, 0, "write")
            made.close()

    assert len(touched(work)) == 3


def places(work: Callable[[], object]) -> list[str]:
    """Where objects are that are touched in a process of its own."""
    return [place for place, _ in touched(work) if place.startswith("<object")]


def test_maps_of_one_file_are_one_place_and_others_are_not(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(bytes(8))

    def maps_file() -> None:
        with path.open("r+b") as file, mmap.mmap(file.fileno(), 8) as made:
            WATCH.touch(SITE, made, made, 0, "write")

    def maps_memory() -> None:
        made = mmap.mmap(-1, 8)
        WATCH.touch(SITE, made, made, 0, "write")

    assert places(maps_file) == places(maps_file)
    assert places(maps_memory) != places(maps_memory)


def test_what_is_inherited_has_one_name_in_who_maps_something_too() -> None:
    lock = FORK.Lock()

    def work() -> None:
        WATCH.touch(RELEASE, lock)
        made = FORK.Value("i", 0)
        WATCH.touch(SITE, made)
        WATCH.touch(RELEASE, lock)

    (before, made, after), (lock_there, made_there, _) = places(work), places(work)
    assert before == after == lock_there
    assert made != made_there


@pytest.mark.parametrize(
    ("access", "deed"),
    [(mmap.ACCESS_READ, "read"), (mmap.ACCESS_COPY, "read"), (mmap.ACCESS_WRITE, "use")],
)
def test_what_a_map_does_to_its_file(tmp_path: Path, access: int, deed: str) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"12345678")
    with path.open("r+b") as file:
        found = touched(lambda: mmap.mmap(file.fileno(), 8, access=access).close())
    assert found == [(str(path), deed)]


def test_to_start_once_more_is_no_touch() -> None:
    def watched(progress: Any) -> list[str]:
        heard: list[str] = []
        WATCH.install()
        WATCH.start()
        WATCH.before = lambda touch, _: heard.append(touch.location)
        WATCH.start(inherits=True)
        return heard

    assert run_in_child(watched, seconds=20).value == []


def test_code_that_is_not_instrumented_is_told_apart(tmp_path: Path) -> None:
    def watched(progress: Any) -> list[bool]:
        WATCH.install()
        WATCH.start()
        os.close(os.open(tmp_path / "seen", os.O_CREAT))
        logging.FileHandler(tmp_path / "log").close()
        return [touch.is_unseen for touch in WATCH.stop() if not are_entries(touch.location)]

    assert run_in_child(watched, seconds=20).value == [False, True]
