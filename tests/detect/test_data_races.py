"""Accesses that nothing orders: a note each, a warning where a lock is not taken, and nothing where
something orders them, or where damage is shown.

In the programs the two lines are marked, in either order.
"""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from loading import load_module

from pytest_concurrency import explore

HEAD = """
import queue, threading
from collections import deque

level = 0

class Base:
    def __init__(self):
        self.lock, self.other_lock = threading.Lock(), threading.Lock()
        self.ready, self.jobs = threading.Event(), queue.Queue()
        self.number, self.price, self.user = 0, 2, None
        self.stopped, self.status, self.rows = False, "new", [1]
        self.names, self.line, self.log = {"a": 1}, deque([1]), []

class Test(Base):
"""
NOTES = {
    "a stop flag": (
        "Test.stopped",
        "lone state",
        """
        def one(self):
            for number in range(2):
                if self.stopped:  # here
                    break

        def other(self):
            self.stopped = True  # here
        """,
    ),
    "a status": (
        "Test.status",
        "lone state",
        """
        def one(self):
            self.status = "done"  # here

        def other(self):
            return self.status  # here
        """,
    ),
    "a count that is shown": (
        "Test.number",
        "nobody decides by",
        """
        def one(self):
            with self.lock:
                self.number += 1  # here

        def other(self):
            return f"{self.number} so far"  # here
        """,
    ),
    "a reader without the lock": (
        "Test.price",
        "lines that touch it hold",
        """
        def one(self):
            with self.lock:
                self.price = 3  # here
            with self.lock:
                return self.price + 1

        def other(self):
            return self.price  # here
        """,
    ),
    "who was last": (
        "Test.user",
        "each access is one step",
        """
        def one(self):
            self.user = object()  # here
            return 1

        def other(self):
            if self.user is not None:  # here
                return 2
            return 2
        """,
    ),
    "a value that both compute": (
        "Test.user",
        "each access is one step",
        """
        def get(self):
            if self.user is None:  # here
                self.user = (1, 2)  # here
            return 3

        one = other = get
        """,
    ),
    "settings that are replaced": (
        "Test.names",
        "each access is one step",
        """
        def one(self):
            self.names = {"a": 2, "b": 2}  # here

        def other(self):
            names = self.names  # here
            return names["a"]
        """,
    ),
    "a global": (
        "level",
        "each access is one step",
        """
        def one(self):
            global level
            level = 5  # here

        def other(self):
            return level  # here
        """,
    ),
    "two that only write": (
        "Test.user",
        "whoever writes last is heard",
        """
        def one(self):
            self.user = ("anna",)  # here

        def other(self):
            self.user = ("anna",)  # here
        """,
    ),
    "the flag by which it is published": (
        "Test.stopped",
        "lone state",
        """
        def one(self):
            self.price = 7
            self.stopped = True  # here

        def other(self):
            if self.stopped:  # here
                return self.price
            return 2
        """,
    ),
}
SILENT = {
    "under one lock": """
        def one(self):
            with self.lock:
                self.price += 1

        def other(self):
            with self.lock:
                return self.price
        """,
    "handed on by an event": """
        def one(self):
            self.price = 3
            self.ready.set()

        def other(self):
            self.ready.wait()
            return self.price
        """,
    "handed on by a queue": """
        def one(self):
            self.price = 3
            self.jobs.put(1)

        def other(self):
            self.jobs.get()
            return self.price
        """,
    "after its thread has ended": """
        def one(self):
            thread = threading.Thread(target=self.work)
            thread.start()
            thread.join()
            return self.price

        def work(self):
            self.price = 3

        def other(self):
            pass
        """,
    "appended and shown": """
        def one(self):
            self.rows.append(2)

        def other(self):
            return list(self.rows)
        """,
    "a key of a dictionary": """
        def one(self):
            self.names["a"] = 2

        def other(self):
            return self.names.get("a")
        """,
    "the ends of a deque": """
        def one(self):
            self.line.append(2)

        def other(self):
            return self.line.popleft()
        """,
    "entered once": """
        def one(self):
            return self.names.setdefault("b", 2)

        other = one
        """,
    "published in a list": """
        def one(self):
            self.price = 3
            self.rows.append(2)

        def other(self):
            if len(self.rows) > 1:
                return self.price
            return 2
        """,
    "an attribute of what is published": """
        def one(self):
            made = Base()
            made.price = 7
            self.names["made"] = made

        def other(self):
            made = self.names.get("made")
            return None if made is None else made.price
        """,
    "only read": """
        def one(self):
            return self.price

        other = one
        """,
    "each its own": """
        def one(self):
            mine = Base()
            mine.price += 1
            return mine.price

        other = one
        """,
}
WARNINGS = {
    "a count is put back": """
        def one(self):
            with self.lock:
                self.number += 1  # first, then

        def other(self):
            self.number = 0  # foreign

        third = one
        """,
    "by a property": """
        @property
        def count(self):
            return self.number

        @count.setter
        def count(self, value):
            self.number = value  # foreign

        def one(self):
            with self.lock:
                self.number += 1  # first, then

        def other(self):
            self.count = 0

        third = one
        """,
    "under another lock": """
        def one(self):
            with self.lock:
                self.number += 1  # first, then

        def other(self):
            with self.other_lock:
                self.number = 0  # foreign

        third = one
        """,
    "in two lines": """
        def one(self):
            with self.lock:
                old = self.number  # first
                self.number = old + 1  # then

        def other(self):
            self.number = 0  # foreign

        third = one
        """,
}
LOCKED = {
    "a count is put back under the lock": """
        def one(self):
            with self.lock:
                self.number += 1

        def other(self):
            with self.lock:
                self.number = 0

        third = one
        """,
    "it is forgotten without the lock": """
        def one(self):
            with self.lock:
                self.user = (self.user or ()) + (1,)

        def other(self):
            self.user = None

        third = one
        """,
    "nothing is changed": """
        def one(self):
            with self.lock:
                self.number = max(self.number, 0)

        def other(self):
            self.number = 0

        third = one
        """,
    "one lock is held around it": """
        def one(self):
            with self.lock:
                self.number += 1

        def other(self):
            with self.lock, self.other_lock:
                self.number = 0

        third = one
        """,
}


def written(path: Path, name: str, body: str) -> tuple[object, list[str]]:
    source = HEAD + textwrap.indent(textwrap.dedent(body), "    ")
    file = path / f"{name.replace(' ', '_')}.py"
    file.write_text(source, encoding="utf-8")
    return load_module(f"races_{file.stem}", file).Test, source.splitlines()


def marks(lines, hazard):
    return [lines[use.site.line - 1].partition("# ")[2] for use in hazard.sites]


@pytest.mark.parametrize("name", NOTES)
def test_it_is_a_note(tmp_path, name):
    location, said, body = NOTES[name]
    program, lines = written(tmp_path, name, body)
    found = explore(program, [program.one, program.other], schedules=300)
    assert found.hazards == ()
    (note,) = found.notes
    assert (note.kind, note.severity) == ("data-race", "note")
    assert note.location.rpartition(".")[2] == location.rpartition(".")[2]
    assert marks(lines, note) == ["here", "here"]
    assert len({use.thread for use in note.sites}) == 2
    assert "write" in {use.op for use in note.sites}
    assert "and nothing orders the two; " in note.message
    assert said in note.message


@pytest.mark.parametrize("name", SILENT)
def test_nothing_is_told_of_what_is_ordered(tmp_path, name):
    program, _ = written(tmp_path, name, SILENT[name])
    found = explore(program, [program.one, program.other], schedules=300)
    assert (found.hazards, found.notes) == ((), ())


@pytest.mark.parametrize("name", WARNINGS)
def test_a_lock_that_is_not_taken_is_a_warning(tmp_path, name):
    program, lines = written(tmp_path, name, WARNINGS[name])
    workers = [program.one, program.other, program.third]
    (hazard,) = (found := explore(program, workers, schedules=1000)).hazards
    assert (hazard.kind, hazard.severity) == ("data-race", "warning")
    assert hazard.location == "Test.number"
    mine, foreign, then = marks(lines, hazard)
    assert ("first" in mine, foreign, "then" in then) == (True, "foreign", True)
    assert "without the lock that" in hazard.message
    assert found.notes == ()


@pytest.mark.parametrize("name", LOCKED)
def test_a_lock_that_makes_no_difference_is_none(tmp_path, name):
    program, _ = written(tmp_path, name, LOCKED[name])
    workers = [program.one, program.other, program.third]
    assert explore(program, workers, schedules=1000).hazards == ()


def test_one_location_is_one_note(tmp_path):
    body = """
        def one(self):
            self.number = 7

        def other(self):
            return [self.number, self.one(), self.number]
        """
    program, _ = written(tmp_path, "one note", body)
    assert len(explore(program, [program.one, program.other], schedules=300).notes) == 1


def test_what_is_found_to_be_worse_is_no_note(tmp_path):
    body = """
        def one(self):
            self.number += 1

        other = one
        """
    program, _ = written(tmp_path, "worse", body)
    found = explore(program, [program.one, program.other], schedules=300)
    assert [hazard.kind for hazard in found.hazards] == ["lost-update"]
    assert found.notes == ()


@pytest.mark.parametrize("is_broken", [False, True])
def test_beside_an_error_elsewhere_there_are_no_notes(tmp_path, is_broken):
    step = "self.number += 1" if is_broken else "self.number"
    body = f"""
        def one(self):
            {step}
            self.stopped = True

        def other(self):
            {step}
            return self.stopped
        """
    program, _ = written(tmp_path, f"beside {is_broken}", body)
    found = explore(program, [program.one, program.other], schedules=300)
    assert [hazard.kind for hazard in found.hazards] == ["lost-update"] * is_broken
    assert len(found.notes) == (not is_broken)
