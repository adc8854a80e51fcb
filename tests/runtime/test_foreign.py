"""Objects whose code is not instrumented: races on them are found, what is right stays clean."""

from __future__ import annotations

import datetime
import decimal
import gc
import inspect
import io
import os
import random
import re
import sqlite3
import sys
import textwrap
import threading
import warnings
import weakref
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest
from watching import load

from pytest_concurrency import explore
from pytest_concurrency.api import Found
from pytest_concurrency.runtime.effects import containers, foreign, shapes
from pytest_concurrency.search.execution import completeness

PROGRAM = """
    import bisect, ctypes, heapq, hashlib, io, mmap, os, random, re, tempfile, threading, weakref
    import configparser, contextlib, copy, decimal, json, logging, shutil
    import sqlite3, struct, sys, warnings
    from collections import OrderedDict
    from unittest import mock
    from collections import UserDict
    from collections.abc import MutableMapping
    from heapq import heappop

    class Pair(ctypes.Structure):
        _fields_ = [("left", ctypes.c_int)]

    class Thing:
        pass

    class Own(MutableMapping):
        def __init__(self):
            self.kept, self.lock = {}, threading.RLock()
        def __getitem__(self, key):
            with self.lock:
                return self.kept[key]
        def __setitem__(self, key, value):
            with self.lock:
                self.kept[key] = value
        def __delitem__(self, key):
            with self.lock:
                del self.kept[key]
        def __iter__(self):
            return iter(self.kept)
        def __len__(self):
            return len(self.kept)

    class Notes(io.StringIO):
        def note(self, text):
            super().write(text)

    class Table(OrderedDict):
        def __getitem__(self, key):
            return super().__getitem__(key)
        def __setitem__(self, key, value):
            super().__setitem__(key, value)

    class Old(dict):
        def __getitem__(self, key):
            return dict.__getitem__(self, key)
        def __setitem__(self, key, value):
            dict.__setitem__(self, key, value)

    class List(list):
        def __getitem__(self, place):
            return super().__getitem__(place)
        def __setitem__(self, place, value):
            super().__setitem__(place, value)
        def append(self, value):
            if len(self) < 2:
                super().append(value)

    class Sum:
        kind = 1
        def __init__(self):
            self.total, self.lock = 0, threading.Lock()
        def __iadd__(self, number):
            with self.lock:
                self.total += number
            return self

    class Entries:
        def __init__(self):
            self.kept = {1: 1, 2: 2}
        def __iter__(self):
            return iter(self.kept)

    def numbers():
        number = 0
        while True:
            number += 1
            yield number

    class State:
        def __init__(self, with_base, with_file):
            os.environ["FOREIGN"], Sum.kind = "0", 1
            self.array, self.pair = (ctypes.c_int * 4)(), Pair()
            self.memory, self.heap, self.row = mmap.mmap(-1, 8), [1, 2, 3], [1]
            self.text, self.data, self.hash = io.StringIO(), io.BytesIO(b"0"), hashlib.md5()
            self.key, self.counts = Thing(), weakref.WeakKeyDictionary()
            self.counts[self.key] = 0
            self.random, self.numbers = random.Random(1), numbers()
            self.own, self.sum, self.entries = Own(), Sum(), Entries()
            self.table = UserDict({1: 1, 2: 2})
            self.folder = tempfile.mkdtemp()
            self.base = with_base and sqlite3.connect(":memory:", check_same_thread=False)
            self.values = (re.compile("a"), decimal.Decimal(1), logging.getLogger("foreign"), "a")
            self.lock = threading.Lock()
            self.here, self.place = {"x": 0, "y": 0}, Thing()
            self.place.x = self.place.y = 0
            self.logger, self.context = logging.Logger("own"), decimal.Context()
            self.file = os.open(self.folder + "/file", os.O_RDWR | os.O_CREAT) if with_file else 0
            self.buffer, self.view = bytearray(8), memoryview(bytearray(4))
            self.notes, self.settings = Notes(), configparser.ConfigParser()
            self.settings["a"] = {"n": "0"}
            self.own_table, self.old, self.own_list = Table(n=0), Old(n=0), List([0])
"""
LOST, FAILS, RAISES = "lost-update", "test-failure", "thread-exception"
ACTS_LATE = "atomicity-violation"
RACES = {
    "environ": (
        'os.environ["FOREIGN"] = str(int(os.environ["FOREIGN"]) + 1)',
        'os.environ["FOREIGN"] == "2"',
        (LOST, "os.environ['FOREIGN']"),
    ),
    "getenv": (
        'os.environ["FOREIGN"] = str(int(os.getenv("FOREIGN")) + 1)',
        'os.environ["FOREIGN"] == "2"',
        (LOST, "os.environ['FOREIGN']"),
    ),
    "environ.update": (
        'os.environ.update(FOREIGN=str(int(os.environ.get("FOREIGN")) + 1))',
        'os.environ["FOREIGN"] == "2"',
        (FAILS, "os.environ['FOREIGN']"),
    ),
    "array": ("it.array[1] += 1", "it.array[1] == 2", (LOST, "it.array[1]")),
    "structure": ("it.pair.left += 1", "it.pair.left == 2", (LOST, "Pair.left")),
    "memory": ("it.memory[0] = it.memory[0] + 1", "it.memory[0] == 2", (LOST, "it.memory[0]")),
    "heap": (
        "first = it.heap[0]; assert heapq.heappop(it.heap) == first",
        "True",
        (RAISES, "it.heap[0]"),
    ),
    "imported": ("first = it.heap[0]; assert heappop(it.heap) == first", "True", (RAISES, "")),
    "insort": (
        "len(it.row) < 2 and bisect.insort(it.row, 5)",
        "len(it.row) == 2",
        ("atomicity-violation", "it.row"),
    ),
    "text": (
        'it.text.write("a"); it.text.write("b")',
        'it.text.getvalue() == "abab"',
        (FAILS, "it.text"),
    ),
    "text beside another one": (
        'own = io.StringIO(); own.write("a"); it.text.write("a"); it.text.write("b")',
        'it.text.getvalue() == "abab"',
        (FAILS, "it.text"),
    ),
    "data": ("it.data.seek(0); assert it.data.read() == b'0'", "True", (RAISES, "it.data")),
    "argument": (
        "it.data.seek(0); it.data.write(b'%d' % (int(it.data.getvalue()) + 1))",
        "it.data.getvalue() == b'2'",
        (FAILS, "it.data"),
    ),
    "an argument that is called": (
        "it.settings.read_dict({'a': {'n': it.settings.getint('a', 'n') + 1}})",
        "it.settings.get('a', 'n') == '2'",
        (FAILS, "it.settings"),
    ),
    "inherited": (
        "it.notes.note('a'); it.notes.note('b')",
        "it.notes.getvalue() == 'abab'",
        (FAILS, "Notes"),
    ),
    "method in a variable": (
        'write = it.text.write; write("a"); write("b")',
        'it.text.getvalue() == "abab"',
        (FAILS, ""),
    ),
    "hash": (
        'it.hash.update(b"a"); it.hash.update(b"b")',
        'it.hash.digest() == hashlib.md5(b"abab").digest()',
        (FAILS, "it.hash"),
    ),
    "weak keys": (
        "it.counts[it.key] += 1",
        "it.counts[it.key] == 2",
        (LOST, "it.counts[<Thing>]"),
    ),
    "chance": (
        "was = it.random.getstate(); one = it.random.random(); it.random.setstate(was); "
        "assert it.random.random() == one",
        "True",
        (RAISES, "it.random"),
    ),
    "generator": ("next(it.numbers)", "True", (RAISES, "it.numbers")),
    "loop over a generator": (
        "any(number > 2 for number in it.numbers)",
        "True",
        (RAISES, ""),
    ),
    "own __iter__": (
        "[key for key in it.entries]; it.entries.kept[len(it.entries.kept) + 1] = 0",
        "True",
        (RAISES, ""),
    ),
    "UserDict": (
        "[key for key in it.table]; it.table[len(it.table) + 1] = 0",
        "True",
        (RAISES, ""),
    ),
    "mocks": (
        'with mock.patch.object(Sum, "kind", 5): assert Sum.kind == 5',
        "Sum.kind == 1",
        (None, ""),
    ),
    "patched functions": (
        "with mock.patch.object(heapq, 'merge') as merge: heapq.merge(); assert merge.called",
        "True",
        (RAISES, ""),
    ),
    "output": (
        "text = io.StringIO()\n            "
        "with contextlib.redirect_stderr(text): print('a', file=sys.stderr)\n            "
        "assert text.getvalue() == 'a\\n'",
        "True",
        (RAISES, ""),
    ),
    "warnings": (
        "with warnings.catch_warnings(record=True) as seen:\n                "
        "warnings.simplefilter('always'); warnings.warn('a')\n            "
        "assert len(seen) == 1",
        "True",
        (RAISES, ""),
    ),
    "current folder": (
        "os.chdir(it.folder); os.makedirs('own', exist_ok=True); os.chdir('own'); "
        "assert os.getcwd() == os.path.realpath(it.folder + '/own')",
        "os.chdir('/') is None",
        (RAISES, ""),
    ),
    "transaction": (
        "it.base.execute('create table if not exists t (n)')\n            "
        "with it.base: it.base.execute('insert into t values (1)')\n            "
        "assert not it.base.in_transaction",
        "True",
        (RAISES, ""),
    ),
    "looked at in one": (
        "it.here['x'] += 1; it.here['y'] += 1; seen = json.dumps(it.here); "
        "assert json.loads(seen)['x'] == json.loads(seen)['y']",
        "True",
        (None, ""),
    ),
    "an object looked at": (
        "other = copy.copy(it.place); assert other.x == other.y; it.place.x = it.place.y = 1",
        "True",
        (RAISES, ""),
    ),
    "chance of all": (
        "random.seed(1); one = random.random(); random.seed(1); assert one == random.random()",
        "True",
        (RAISES, ""),
    ),
    "limit of all": (
        "sys.setrecursionlimit(5000); was = sys.getrecursionlimit(); "
        "sys.setrecursionlimit(was + 1); assert sys.getrecursionlimit() == was + 1",
        "True",
        (RAISES, ""),
    ),
    "handlers": (
        "it.logger.handlers or it.logger.addHandler(logging.NullHandler())",
        "len(it.logger.handlers) == 1",
        (FAILS, ""),
    ),
    "decimal context": (
        "it.context.prec = 3; it.context.prec += 1; assert it.context.prec == 4",
        "True",
        (None, "Context.prec"),
    ),
    "print": (
        'print("a", end="", file=it.text); print("b", file=it.text)',
        'it.text.getvalue() == "ab\\nab\\n"',
        (FAILS, "it.text"),
    ),
    "descriptor": (
        "os.lseek(it.file, 0, 0); os.write(it.file, b'a'); os.lseek(it.file, 0, 0); "
        "assert os.read(it.file, 1) == b'a'",
        "os.close(it.file) is None",
        (RAISES, "file file"),
    ),
    "buffer": (
        "struct.pack_into('<i', it.buffer, 0, struct.unpack_from('<i', it.buffer, 0)[0] + 1)",
        "it.buffer[0] == 2",
        (LOST, ""),
    ),
    "through super()": ("it.own_table['n'] += 1", "it.own_table['n'] == 2", (FAILS, "Table['n']")),
    "through the class": ("it.old['n'] += 1", "it.old['n'] == 2", (FAILS, "Old['n']")),
    "own list": ("it.own_list[0] += 1", "it.own_list[0] == 2", (FAILS, "List[0]")),
    "own append": ("it.own_list.append(1)", "len(it.own_list) == 2", (ACTS_LATE, "List")),
    "part of a view": ("part = it.view[:2]; part[0] += 1", "it.view[0] == 2", (FAILS, "")),
    "folder": (
        'os.path.isdir(it.folder + "/a") or os.mkdir(it.folder + "/a")',
        "True",
        (RAISES, "file a"),
    ),
}
RIGHT = {
    "items apart": (
        "it.array[threading.current_thread().name == 'thread 1'] += 1",
        "list(it.array)[:2] == [1, 1]",
    ),
    "slices apart": (
        "first = 2 * (threading.current_thread().name == 'thread 1'); "
        "it.array[first:first + 2] = [x + 1 for x in it.array[first:first + 2]]",
        "list(it.array) == [1, 1, 1, 1]",
    ),
    "items of a view apart": (
        "it.view[threading.current_thread().name == 'thread 1'] += 1",
        "list(it.view)[:2] == [1, 1]",
    ),
    "parts of a view apart": (
        "first = 2 * (threading.current_thread().name == 'thread 1'); "
        "part = it.view[first:first + 2]; part[0] += 1",
        "list(it.view) == [1, 0, 1, 0]",
    ),
    "a view backwards": (
        "first = threading.current_thread().name == 'thread 1'; "
        "view = it.view[::-1] if first else it.view; view[0] += 1",
        "list(it.view) == [1, 0, 0, 1]",
    ),
    "one write each": ('it.text.write("a")', 'it.text.getvalue() == "aa"'),
    "an object that adds": ("it.sum += 1", "it.sum.total == 2"),
    "with its own locks": ('it.own.setdefault("a", 0); it.own["a"]', "True"),
    "values": (
        "it.values[0].match('a'); it.values[1].sqrt(); it.values[2].info(1); it.values[3].upper()",
        "True",
    ),
    "made if need be": ('os.makedirs(it.folder + "/a", exist_ok=True)', "True"),
    "managers of one's own": (
        "with tempfile.TemporaryFile() as file: file.write(b'a')\n            "
        "with contextlib.suppress(KeyError): {}['a']",
        "True",
    ),
    "generators of one's own": ("own = numbers(); assert next(own) + next(own) == 3", "True"),
}


pytestmark = pytest.mark.filterwarnings("ignore:unclosed database:ResourceWarning")


@pytest.fixture(autouse=True, scope="module")
def no_databases_for_others() -> Iterator[None]:
    """Let go of the last databases here: the warnings belong to no other test. What the last
    execution has left is closed, whoever still knows it.
    """
    others = _databases()
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
        for database in _databases():
            if all(database is not other for other in others):
                database.close()


def _databases() -> list[sqlite3.Connection]:
    return [obj for obj in gc.get_objects() if type(obj) is sqlite3.Connection]


@pytest.fixture(autouse=True)
def _objects_die_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """One module holds all cases, one with weak references among them: of them all nothing would be
    called exhausted without the GIL.
    """
    monkeypatch.setattr(completeness, "DIES_LATE", False)


if getattr(sys.flags, "context_aware_warnings", False):
    # Filters belong to the context of a thread: as a rule without the GIL, from 3.14 on.
    RIGHT["warnings"] = RACES.pop("warnings")[:2]
CASES = {**RACES, **RIGHT}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("foreign")


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)


@pytest.fixture(scope="module")
def program(folder: Path) -> ModuleType:
    """One module with everything, since instrumenting many takes long."""
    source = textwrap.dedent(PROGRAM)
    for number, (body, check, *_) in enumerate(CASES.values()):
        state = f"State({'it.base' in body}, {'it.file' in body})"
        inner = textwrap.indent(inspect.cleandoc(body), "    ")
        source += f"def setup_{number}():\n    return {state}\n"
        source += f"def work_{number}(it):\n{inner}\n"
        source += f"def locked_{number}(it):\n  with it.lock:\n{inner}\n"
        source += f"def check_{number}(it):\n    shutil.rmtree(it.folder)\n    return {check}\n"
    return load(folder, source)


def explored(program: ModuleType, case: str, work: str = "work") -> Found:
    number = list(CASES).index(case)
    setup, worker, check = (
        getattr(program, f"{name}_{number}") for name in ("setup", work, "check")
    )
    return explore(setup, [worker] * 2, check, schedules=300)


@pytest.mark.parametrize("case", RACES)
def test_race(program: ModuleType, case: str) -> None:
    (hazard,) = explored(program, case).hazards
    kind, location = RACES[case][-1]
    assert hazard.kind == kind or kind is None, hazard.message
    assert not location or re.sub(r"\b\d+$", "NUMBER", hazard.location) == location


@pytest.mark.parametrize("case", RACES)
def test_no_race_with_a_lock(program: ModuleType, case: str) -> None:
    found = explored(program, case, "locked")
    assert not found.hazards, found.hazards[0].message
    assert found.exhausted


@pytest.mark.parametrize("case", RIGHT)
def test_right(program: ModuleType, case: str) -> None:
    found = explored(program, case)
    assert not found.hazards, found.hazards[0].message
    assert found.exhausted


def test_the_lines_that_met_are_those_of_the_calls(program: ModuleType) -> None:
    (hazard,) = explored(program, "text").hazards
    assert {(use.op, use.site.source) for use in hazard.sites} == {("call", RACES["text"][0])}
    assert len({use.thread for use in hazard.sites}) == 2


def test_uses_that_nobody_contends_for_are_not_shown(program: ModuleType) -> None:
    (hazard,) = explored(program, "text beside another one").hazards
    assert {access.location for access in hazard.timeline} == {"it.text"}


ENDLESS = """
    import sys
    from contextlib import chdir, redirect_stdout
    from unittest import mock
    class State:
        value, stop = 1, False
    def work(it):
        for _ in range(3):
            with mock.patch.object(State, "value", 5), redirect_stdout(None), chdir("/"):
                while not it.stop:
                    it.value
"""


def test_what_was_entered_is_left_when_an_execution_is_given_up(
    tmp_path: Path, folder: Path
) -> None:
    module = load(tmp_path, ENDLESS)
    (hazard,) = explore(module.State, [module.work], schedules=1).hazards
    assert hazard.kind == "no-progress"
    assert module.State.value == 1
    assert sys.stdout is not None
    assert Path.cwd() == folder


# -- what is known of classes ------------------------------------------------------------------


class Point(NamedTuple):
    x: int


class Noted(io.StringIO):
    def note(self) -> None: ...


@pytest.mark.parametrize(
    ("cls", "name", "shape"),
    [
        (io.StringIO, "write", shapes.METHOD),
        (io.StringIO, "closed", shapes.DATA),
        (Noted, "write", shapes.METHOD),
        (random.Random, "random", shapes.METHOD),
        (weakref.WeakSet, "add", shapes.METHOD),
        (str, "upper", shapes.CODE),
        (re.Pattern, "match", shapes.CODE),
        (decimal.Decimal, "sqrt", shapes.CODE),
        (datetime.date, "year", shapes.CODE),
        (threading.Event, "set", shapes.CODE),
        (Point, "x", shapes.CODE),
        (Point, "_replace", shapes.CODE),
        (ValueError, "args", shapes.CODE),
    ],
)
def test_shape(cls: type, name: str, shape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "SHAPES", {})
    assert shapes.shape_of(cls, name) == shape


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (os.environ, containers.MAPPING),
        (weakref.WeakKeyDictionary(), containers.MAPPING),
        (io.StringIO(), containers.NO_CONTAINER),
        ((1, 2), containers.NO_CONTAINER),
        ("text", containers.NO_CONTAINER),
        (memoryview(b"a"), containers.NO_CONTAINER),
    ],
    ids=lambda value: type(value).__name__,
)
def test_container_kind(value: Any, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "CONTAINER_KINDS", {})
    assert containers.container_kind(type(value)) == kind


def test_what_is_instrumented_later_is_looked_at_again() -> None:
    foreign.note_instrumented(set())
    assert shapes.shape_of(Noted, "note") == shapes.METHOD
    foreign.note_instrumented({__name__})
    assert shapes.shape_of(Noted, "note") == shapes.CODE
    foreign.note_instrumented(set())
    assert shapes.shape_of(Noted, "note") == shapes.METHOD


def test_a_package_counts_as_instrumented_only_while_it_is(program: ModuleType) -> None:
    explore(object, [id], source=["configparser"], schedules=1)
    (hazard,) = explored(program, "an argument that is called").hazards
    assert hazard.location == "it.settings"


# -- methods that others call --------------------------------------------------------------------

GIVEN_AWAY = """
    import io, threading
    from concurrent.futures import ThreadPoolExecutor
    class State:
        def __init__(self):
            self.items, self.text, self.lock = [1, 2], io.StringIO(), threading.Lock()
    def look(it):
        before = len(it.items)
        place = it.text.tell()
        assert len([item for item in it.items]) == before
        assert it.text.tell() == place
    def work(it):
        {body}
    def setup():
        return State()
"""
THREAD = "t = threading.Thread(target={}, args=['a']); t.start(); look(it); t.join()"
JOB = "e = ThreadPoolExecutor(1); e.submit({}, 'a'); look(it); e.shutdown()"
GIVEN = {
    "thread": THREAD.format("it.items.append"),
    "thread, foreign": THREAD.format("it.text.write"),
    "job": JOB.format("it.items.append"),
    "job, foreign": JOB.format("it.text.write"),
}


@pytest.mark.parametrize("body", GIVEN.values(), ids=GIVEN)
def test_methods_that_a_thread_is_given(tmp_path: Path, body: str) -> None:
    module = load(tmp_path, GIVEN_AWAY.format(body=body))
    (hazard,) = explore(module.setup, [module.work], schedules=100).hazards
    assert hazard.kind == "thread-exception"
    assert len({use.site.path for use in hazard.sites}) == 2
    apart = body.replace("look(it)", "pass")
    module = load(tmp_path, GIVEN_AWAY.format(body=apart))
    found = explore(module.setup, [module.work], schedules=300)
    assert found.exhausted
    assert not found.hazards
