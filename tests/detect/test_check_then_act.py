"""What is decided by something stale: kind, location and both lines, in programs that check
nothing; and what a decision is in the source of a function.
"""

from __future__ import annotations

import ast
import datetime
import re
from collections import OrderedDict, defaultdict
from decimal import Decimal
from fractions import Fraction
from functools import partial
from pathlib import Path
from threading import Lock
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID

import pytest
from loading import load_module

from pytest_concurrency import explore
from pytest_concurrency.instrument.analysis.decisions import deciding
from pytest_concurrency.instrument.analysis.flows import Flows

FLAGGED = Path(__file__).parents[1] / "corpus" / "flagged"


@pytest.mark.parametrize(
    ("name", "location", "checks", "acts"),
    [
        ("high_water_mark_unasked", "Gauge.top", "if level > self.top:", "self.top = level"),
        (
            "name_taken_by_helpers",
            "Rooms.owner['blue']",
            "return room not in self.owner",
            "self.owner[room] = who",
        ),
        ("list_made_when_needed", "Log._lines", "if self._lines is None:", "self._lines = []"),
        (
            "place_left_after_counting",
            "Lift.inside",
            "if len(self.inside) >= 1:",
            "self.inside.append(who)",
        ),
        (
            "missing_key_by_exception",
            "Groups.members['blue']",
            "members = self.members[group]",
            "members = self.members[group] = []",
        ),
        ("looked_at_by_generator", "Hall.seats['a']", "if not self.seats[seat]:", "= who"),
        ("seats_counted_first", "Boat.seats", "if len(self.seats) < 1:", "self.seats[who] = 1"),
        (
            "nobody_on_call",
            "Rota.on_call",
            "if sum(self.on_call.values()) > 1:",
            "self.on_call[who] = False",
        ),
        (
            "guests_are_objects",
            "House.guests",
            "if len(self.guests) < 2:",
            "self.guests.append(Guest(name))",
        ),
        (
            "asked_by_operator",
            "Names.owners['blue']",
            "return name in self.owners",
            "self.owners[name] = owner",
        ),
        ("state_left_early", "Job.state", 'if self.state != "waiting":', "self.state ="),
        (
            "group_by_missing_key",
            "Groups.groups['odd']",
            "if key not in self.groups:",
            "self.groups[key] = []",
        ),
        (
            "paid_twice_unasked",
            "Account.balance",
            "if self.balance >= amount:",
            "self.balance -= amount",
        ),
        (
            "last_copy_lent_twice",
            "Library.copies['Emma']",
            "return self.copies[title] > 0",
            "self.copies[title] -= 1",
        ),
        ("run_numbered_by_time", "Run.name", "if self.name is None:", "self.name = (time(), who)"),
    ],
)
def test_it_is_found_where_it_is(name, location, checks, acts):
    program = load_module(f"late_{name}", FLAGGED / f"{name}.py")
    (hazard,) = explore(program.setup, program.WORKERS).hazards
    assert hazard.kind == "atomicity-violation"
    assert hazard.severity == "error"
    assert location in hazard.location
    read, foreign, write = hazard.sites
    assert checks in read.site.source
    assert acts in write.site.source
    assert (read.thread, read.op) == (write.thread, "read")
    assert foreign.thread != write.thread
    assert f"{hazard.location} at {name}.py:{read.site.line}" in hazard.message


def test_what_another_order_decides_alike_is_no_violation():
    """That somebody else has written meanwhile is not enough: looked at again, it would have done
    the same."""

    class Box:
        level = 0

    def raised(box):
        if box.level < 10:
            box.level = 20

    def touched(box):
        box.level = 1

    found = explore(Box, [raised, touched])
    assert not found.hazards
    assert found.exhausted


class Slots:
    __slots__ = ("left", "right")

    def __init__(self, left, right):
        self.left = left
        self.right = right


class Made:
    def __init__(self, *parts):
        self.parts = parts
        self.itself = self


class Letters(list):
    pass


class Pair(NamedTuple):
    one: int
    other: object


def _adding(number):
    return lambda x: x + number


LIKE_EACH_TIME = {
    "datetime": lambda: datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC),
    "decimal": lambda: Decimal("1.5"),
    "fraction": lambda: Fraction(1, 3),
    "path": lambda: Path("a") / "b",
    "uuid": lambda: UUID(int=5),
    "pattern": lambda: (re.purge(), re.compile("a+"))[1],
    "function": lambda: _adding(1),
    "method": lambda: Made(1).__init__,
    "partial": lambda: partial(int, base=2),
    "class": lambda: type("Kind", (), {"size": 1}),
    "named tuple": lambda: Pair(1, Slots(2, 3)),
    "slots": lambda: Slots(1, Slots(2, Decimal(3))),
    "objects in a list": lambda: [Made(1), {"a": Made(2)}],
    "derived list": lambda: Letters("ab"),
    "ordered": lambda: OrderedDict(a=Made(1)),
    "default": lambda: defaultdict(list, a=[1]),
    "long list": lambda: list(range(500)),
    "nested list": lambda: [[[[[1]]]]],
    "view": lambda: MappingProxyType({"a": 1}),
}
OTHER_EACH_TIME = {
    "sentinel": lambda n: object(),
    "lock": lambda n: Lock(),
    "lock within": lambda n: Made(Lock()),
    "generator": lambda n: iter([]),
    "datetime": lambda n: datetime.datetime(2020, 1, n),
    "decimal": lambda n: Decimal(n),
    "function": lambda n: _adding(n),
    "method": lambda n: Made(n).__init__,
    "named tuple": lambda n: Pair(1, n),
    "slots": lambda n: Slots(1, Slots(2, n)),
    "objects in a list": lambda n: [Made(1), {"a": Made(n)}],
    "derived list": lambda n: Letters("ab" * n),
    "ordered": lambda n: OrderedDict(a=n),
    "text": lambda n: type("Text", (str,), {})("a" * n),
    "pattern": lambda n: re.compile("a" * n),
}


class Lazy:
    def __init__(self):
        self.value = None

    def get(self, make):
        if self.value is None:
            self.value = make()


@pytest.mark.parametrize("name", LIKE_EACH_TIME)
def test_what_is_made_twice_and_is_alike_is_no_hazard(name):
    make = LIKE_EACH_TIME[name]
    found = explore(Lazy, [lambda lazy: lazy.get(make)] * 2)
    assert not found.hazards
    assert found.distinct > 2


@pytest.mark.parametrize("name", OTHER_EACH_TIME)
def test_what_is_made_twice_and_differs_is_one(name):
    make = OTHER_EACH_TIME[name]
    workers = [lambda lazy: lazy.get(lambda: make(1)), lambda lazy: lazy.get(lambda: make(2))]
    (hazard,) = explore(Lazy, workers).hazards
    assert hazard.kind == "atomicity-violation"


def test_what_is_written_in_another_branch_is_no_violation():
    """That the other branch is taken makes no difference where it writes the same."""

    class Shelf:
        def __init__(self):
            self.items = {}

        def put(self, key):
            if self.items:
                self.items[key] = 1
            else:
                self.items[key] = 1

    def put_a(shelf):
        shelf.put("a")

    def put_b(shelf):
        shelf.put("b")

    found = explore(Shelf, [put_a, put_b])
    assert not found.hazards, found.hazards[0].message
    assert found.exhausted


def _deciding(source: str) -> set[str]:
    """Return the reads that decide whether ``act`` is called, as they are written."""
    (function,) = ast.parse(source).body
    assert isinstance(function, ast.FunctionDef)
    act = next(
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "act"
    )
    return {ast.unparse(node) for node in deciding(function, Flows(function), act)}


@pytest.mark.parametrize(
    "body",
    [
        "if a.b: act()",
        "if x: pass\n elif a.b: act()",
        "if not a.b: return\n act()",
        "if x:\n  if a.b: raise Error\n act()",
        "while a.b: pass\n act()",
        "while a.b: act()",
        "for y in x:\n  if a.b: continue\n  act()",
        "seen = a.b\n if seen is None: act()",
        "a.b and act()",
        "return act() if a.b else 0",
        "assert a.b\n act()",
        "try: y = a.b\n except KeyError: act()",
        "try: y = a.b\n except KeyError: return\n act()",
        "try: y = a.b\n except KeyError: pass\n else: act()",
        "match a.b:\n  case 1: act()",
        "match x:\n  case 1 if a.b: act()",
        "for y in a.b:\n  if y: break\n else: act()",
        "for y in x:\n  if y == a.b: break\n else: act()",
        "with x:\n  y = a.b\n  return\n act()",
        "return [act() for y in x if a.b]",
    ],
)
def test_decided(body):
    assert "a.b" in _deciding(f"def f(a, x):\n {body}\n")


@pytest.mark.parametrize(
    "body",
    [
        "y = a.b\n act()",
        "act()\n if a.b: return",
        "if a.b: pass\n act()",
        "if a.b: y = 1\n else: y = 2\n act()",
        "if x: act()\n elif a.b: pass",
        "act() and a.b",
        "try: act()\n except KeyError: y = a.b",
        "try: y = a.b\n finally: act()",
        "with x: y = a.b\n act()",
        "with x:\n  y = a.b\n  if y: pass\n act()",
        "for y in x:\n  if y: act()\n return a.b",
    ],
)
def test_not_decided(body):
    assert "a.b" not in _deciding(f"def f(a, x):\n {body}\n")
