"""Reads that another thread makes stale: programs that check nothing, and others that are right.

What is to be told is marked in the programs: the first step of the thread that is interrupted, the
foreign one, and the step that follows, if it is another one.
"""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from loading import load_module

from pytest_concurrency import explore

HEAD = """
import collections, enum, threading

class Base:
    def __init__(self):
        self.lock = threading.Lock()
        self.rate, self.total, self.rows = 2, 5, [1, 2, 3, 4]
        self.user = self.entry = None
        self.stopped, self.status, self.log = False, "new", []
        self.lines = collections.deque(maxlen=5)
"""
RACY = {
    "a rate is read twice": (
        "Test.rate",
        """
        def one(self):
            net = 10 * self.rate  # first
            return net, 20 * self.rate  # then

        def other(self):
            self.rate = 3  # foreign
        """,
    ),
    "a size is asked twice under its lock": (
        "Test.rows",
        """
        def size(self):
            with self.lock:
                return len(self.rows)  # first, then

        def one(self):
            return self.size(), self.size()

        def other(self):
            with self.lock:
                self.rows.append(5)  # foreign
        """,
    ),
    "it was there when it was asked for": (
        "Test.user",
        """
        def one(self):
            self.user = self.user or "anna"
            if self.user is not None:  # first
                return self.user  # then

        def other(self):
            self.user = None  # foreign
        """,
    ),
    "a request is kept where all keep theirs": (
        "Test.user",
        """
        def hello(self, name):
            self.user = name  # first, foreign
            return "hello " + self.user  # then

        def one(self):
            return self.hello("anna")

        def other(self):
            return self.hello("ben")
        """,
    ),
    "a sum is made where all can see": (
        "Test.total",
        """
        def one(self):
            self.total = 0  # first
            for number in (1, 2, 3):
                self.total += number  # then

        def other(self):
            return self.total  # foreign
        """,
    ),
    "a list is emptied, and filled again": (
        "Test.rows",
        """
        def one(self):
            self.rows.clear()  # first
            self.rows.extend([5, 6])  # then

        def other(self):
            return list(self.rows)  # foreign
        """,
    ),
    "a level is read in the middle, without the lock": (
        "Test.total",
        """
        def one(self):
            with self.lock:
                self.total = 0  # first
                self.total = 10  # then

        def other(self):
            return self.total  # foreign
        """,
    ),
    "one is taken out of what is gone through": (
        "Test.rows",
        """
        def one(self):
            seen = []
            for row in self.rows:  # first
                seen.append(row)
            return seen

        def other(self):
            self.rows.remove(1)  # foreign
        """,
    ),
    "one is put before what has been seen": (
        "Test.rows",
        """
        def one(self):
            total = 0
            for row in self.rows:  # first
                total += row
            return total

        def other(self):
            self.rows.insert(0, 9)  # foreign
        """,
    ),
    "it is gone through to tell others": (
        "Test.rows",
        """
        def one(self):
            for row in self.rows:  # first
                self.log.append(row)

        def other(self):
            self.rows.pop(0)  # foreign
        """,
    ),
    "an entry is found before it has a name": (
        "Entry.name and Test.entry",
        """
        def one(self):
            self.entry = Entry()  # first
            self.entry.name = "anna"  # then

        def other(self):
            entry = self.entry
            return "nobody" if entry is None else entry.name  # foreign
        """,
    ),
    "a list is found before it is full": (
        "Test.entry[0] and Test.entry",
        """
        def one(self):
            self.entry = [0]  # first
            self.entry[0] = 7  # then

        def other(self):
            entry = self.entry
            return "nothing" if entry is None else entry[0]  # foreign
        """,
    ),
}
RIGHT = {
    "a rate is read once": """
        def one(self):
            rate = self.rate
            return 10 * rate, 20 * rate

        def other(self):
            self.rate = 3
        """,
    "a size is asked once": """
        def one(self):
            with self.lock:
                size = len(self.rows)
            return size, size

        def other(self):
            with self.lock:
                self.rows.append(5)
        """,
    "both looks are under one lock": """
        def one(self):
            with self.lock:
                return self.rate, self.rate

        def other(self):
            with self.lock:
                self.rate = 3
        """,
    "it is kept aside": """
        def one(self):
            user = self.user
            return "nobody" if user is None else user

        def other(self):
            self.user = None
        """,
    "a request is handed on": """
        def hello(self, name):
            return "hello " + name

        def one(self):
            return self.hello("anna")

        def other(self):
            return self.hello("ben")
        """,
    "a sum is made aside": """
        def one(self):
            total = 0
            for number in (1, 2, 3):
                total += number
            self.total = total

        def other(self):
            return self.total
        """,
    "a list is replaced": """
        def one(self):
            self.rows = [5, 6]

        def other(self):
            return list(self.rows)
        """,
    "a copy is gone through": """
        def one(self):
            return sum(row for row in list(self.rows))

        def other(self):
            self.rows.remove(1)
        """,
    "it is gone through under the lock": """
        def one(self):
            seen = []
            with self.lock:
                for row in self.rows:
                    seen.append(row)
            return seen

        def other(self):
            with self.lock:
                self.rows.remove(1)
        """,
    "what is gone through is put in another place": """
        def one(self):
            seen = []
            for row in self.rows:
                seen.append(row)
            return seen

        def other(self):
            with self.lock:
                self.rows = [row for row in self.rows if row != 1]
        """,
    "more comes while it is gone through": """
        def one(self):
            total = 0
            for row in self.rows:
                total += row
            return total

        def other(self):
            self.rows.append(5)
        """,
    "an entry has its name when it is found": """
        def one(self):
            entry = Entry()
            entry.name = "anna"
            self.entry = entry

        def other(self):
            entry = self.entry
            return "nobody" if entry is None else entry.name
        """,
    "an event says that it is there": """
        def one(self):
            self.entry = Entry()
            self.entry.name = "anna"
            self.stopped = True

        def other(self):
            if self.stopped:
                return self.entry.name
            return "nobody"
        """,
    "a flag is asked between two steps": """
        def one(self):
            if not self.stopped:
                self.log.append("one")
            if not self.stopped:
                self.log.append("two")

        def other(self):
            self.stopped = True
        """,
    "a flag is asked by name": """
        def is_on(self):
            return not self.stopped

        def one(self):
            return self.is_on(), self.is_on()

        def other(self):
            self.stopped = True
        """,
    "a worker is told to stop": """
        def one(self):
            self.stopped = False
            for number in range(3):
                if self.stopped:
                    break
                self.log.append(number)

        def other(self):
            self.stopped = True
        """,
    "a status is shown": """
        def one(self):
            self.status = "busy"
            self.status = "done"

        def other(self):
            return self.status
        """,
    "a status by name is shown": """
        def one(self):
            self.status = Level.LOW
            self.status = Level.HIGH

        def other(self):
            return getattr(self.status, "name", self.status)
        """,
    "progress is shown": """
        def one(self):
            for _ in range(3):
                self.total += 1

        def other(self):
            return f"{self.total} of 8"
        """,
    "results so far are shown": """
        def one(self):
            for number in range(3):
                self.log.append(number)

        def other(self):
            return list(self.log)
        """,
    "the last lines are shown": """
        def one(self):
            self.lines.append("a")
            self.lines.append("b")

        def other(self):
            return len(self.lines)
        """,
    "it is measured how far others come": """
        def one(self):
            before = self.total
            return self.total - before

        def other(self):
            self.total += 1
        """,
    "it is measured by a method": """
        def count(self):
            with self.lock:
                return self.total

        def one(self):
            before = self.count()
            return self.count() - before

        def other(self):
            with self.lock:
                self.total += 1
        """,
    "it is asked whether it has changed": """
        def one(self):
            before = self.total
            return self.total != before

        def other(self):
            self.total += 1
        """,
    "what is not yet known is None": """
        def one(self):
            self.rate = None
            self.rate = 3

        def other(self):
            return self.rate
        """,
    "who came last goes on": """
        def claim(self, name):
            self.user = name
            return self.user == name

        def one(self):
            return self.claim("anna")

        def other(self):
            return self.claim("ben")
        """,
    "it is tried twice": """
        def get(self):
            with self.lock:
                return self.entry

        def one(self):
            entry = self.get()
            if entry is None:
                entry = self.get()
            return entry

        def other(self):
            with self.lock:
                self.entry = 5
        """,
}
MIDDLE = """

class Entry:
    name = None

class Level(enum.Enum):
    LOW = 1
    HIGH = 2

class Test(Base):
"""


def written(path: Path, name: str, body: str) -> tuple[object, list[str]]:
    source = HEAD + MIDDLE + textwrap.indent(textwrap.dedent(body), "    ")
    file = path / f"{name.replace(' ', '_').replace(',', '')}.py"
    file.write_text(source, encoding="utf-8")
    return load_module(f"stale_{file.stem}", file).Test, source.splitlines()


@pytest.mark.parametrize("name", RACY)
def test_it_is_found_where_it_is(tmp_path, name):
    location, body = RACY[name]
    program, lines = written(tmp_path, name, body)
    (hazard,) = explore(program, [program.one, program.other], schedules=300).hazards
    assert (hazard.kind, hazard.severity) == ("stale-read", "error")
    assert hazard.location == location
    marks = [lines[use.site.line - 1].partition("#")[2] for use in hazard.sites]
    steps = ("first", "foreign", "then")[
        : 2 if "for " in lines[hazard.sites[0].site.line - 1] else 3
    ]
    assert all(step in mark for step, mark in zip(steps, marks, strict=True))
    mine, other, *later = (use.thread for use in hazard.sites)
    assert mine != other
    assert set(later) <= {mine}
    assert "no order of the threads one after another comes to this" in hazard.message
    assert "- one after another" in hazard.detail


@pytest.mark.parametrize("name", RIGHT)
def test_nothing_is_told(tmp_path, name):
    program, _ = written(tmp_path, name, RIGHT[name])
    found = explore(program, [program.one, program.other], schedules=300)
    assert found.hazards == ()
    assert found.exhausted
