"""Lost updates on the border: what flows in which activation, round and way; what nothing is lost
by."""

from __future__ import annotations

import textwrap
from pathlib import Path
from types import ModuleType

import pytest
from loading import load_module

from pytest_concurrency import explore

HEAD = """
import threading

class Box:
    def __init__(self, v=0):
        self.v = v
        self.owner = None
    def onto(self, other):
        self.owner = other
        return self

class State:
    def __init__(self):
        self.a, self.b, self.c = Box(1), Box(1), Box(7)
        self.lock, self.items, self.text, self.some = threading.Lock(), [1, 2, 3], "x  ", {1}
        self.log, self.free = [], Box().onto(Box().onto(Box()))
        self.links = [1, 2, 3, 4, 5, 6, 7, 3]
        self.rows = [[0, 1], [0, 1]]

def copy(lock, source, target):
    with lock:
        target.v = source.v

def put(s, v=None):
    with s.lock:
        x = s.a.v if v is None else v
    with s.lock:
        s.a.v = x

def link(s, row, other, deeper):
    with s.lock:
        if deeper:
            row = row[1]
        other[1] = row

class Grown(list):
    pass

class Number:
    def __init__(self, n=0):
        self.n = n
    def __iadd__(self, n):
        return Number(self.n + n)

"""
RIGHT = {
    "another call": "copy(s.lock, s.a, s.b); copy(s.lock, s.c, s.a)",
    "another round": """
        for source, target in ((s.a, s.b), (s.c, s.a)):
            with s.lock:
                target.v = source.v
    """,
    "another way": "put(s, 3)\nput(s, 5)\nput(s, 7)",
    "another way, another name": """
        link(s, s.rows[0], s.rows[1], True)
        link(s, [threading.get_ident(), 0], s.rows[0], False)
    """,
    "another target": """
        with s.lock:
            old, new = s.a.v, 5
        with s.lock:
            s.a.v = new
    """,
    "another activation": """
        def go(depth):
            with s.lock:
                x = s.a.v
            if depth:
                x = 4
                go(depth - 1)
            with s.lock:
                s.b.v = x
        go(2)
    """,
    "compare and set": """
        while True:
            old = s.a.v
            with s.lock:
                if s.a.v == old:
                    s.a.v = old + 1
                    break
    """,
    "stripped": "s.text = s.text.rstrip()",
    "default": "s.a.owner = s.a.owner or DEFAULT",
    "at most": "s.c.v = min(s.c.v, 3)",
    "at least": "s.c.v = max(s.c.v, 10)",
    "added to a set": "s.some = s.some | {5}",
    "the same bit": "s.a.v |= 4",
    "put back": """
        with s.lock:
            before = s.a.v
        with s.lock:
            s.a.v = before
    """,
    "grown in place": "s.items += [4]",
    "decided only": "s.a.v = 5 if s.a.v else 6",
    "exchanged": """
        mine = object()
        for _ in range(2):
            with s.lock:
                mine, s.a.owner = s.a.owner, mine
    """,
    "exchanged number": """
        mine = threading.get_ident()
        for _ in range(2):
            with s.lock:
                found = s.a.v
                s.a.v = mine
                mine = found
    """,
    "taken and given back": """
        with s.lock:
            block = s.free
            s.free = block.owner
        block.v += 1
        with s.lock:
            block.owner = s.free
            s.free = block
    """,
    "given back if there is room": """
        with s.lock:
            mine, s.a.owner = s.a.owner, None
        mine = mine or object()
        with s.lock:
            if s.a.owner is None:
                s.a.owner = mine
            else:
                s.log.append("left over")
    """,
    "index taken and given back": """
        with s.lock:
            index = s.c.v
            s.c.v = s.links[index]
        with s.lock:
            s.links[index], s.c.v = s.c.v, index
    """,
}
WRONG = {
    "carried over": """
        total = 0
        for box in (s.a, s.b):
            total += box.v
        s.a.v = total
    """,
    "kept in a list": """
        found = []
        for box in (s.a, s.b):
            found.append(box.v)
        s.a.v = sum(found)
    """,
    "comprehension": "s.a.v = sum([box.v for box in (s.a, s.b)])",
    "this way": """
        with s.lock:
            x = s.a.v if s.b.v else 0
        with s.lock:
            s.a.v = x + 1
    """,
    "this way, another name": """
        first = s.rows[0]
        with s.lock:
            x = first[1] if s.b.v else 0
        with s.lock:
            s.rows[0][1] = x + 1
    """,
    "this target": """
        with s.lock:
            old, new = s.a.v, 5
        with s.lock:
            s.a.v = old + new
    """,
    "compared too early": """
        old = s.a.v
        if s.a.v == old:
            s.a.v = old + 1
    """,
    "compared with something else": """
        with s.lock:
            old = s.a.v
        with s.lock:
            if s.a.v < 100:
                s.a.v = old + 1
    """,
    "restored": """
        with s.lock:
            before = s.a.v
            s.a.v = threading.get_ident()
        with s.lock:
            s.a.v = before
    """,
    "restored with a look": """
        with s.lock:
            before = s.a.owner
            s.a.owner = object()
        with s.lock:
            s.log.append(str(s.a.owner))
            s.a.owner = before
    """,
    "restored, asked or not": """
        with s.lock:
            before = s.a.owner
            s.a.owner = object()
        with s.lock:
            if s.a.owner is None:
                s.log.append("gone")
            s.a.owner = before
    """,
    "kept elsewhere and counted": """
        with s.lock:
            old = s.a.v
        with s.lock:
            s.b.owner = s.a.v
            s.a.v = old + 1
    """,
    "exchanged without lock": """
        mine = object()
        for _ in range(2):
            mine, s.a.owner = s.a.owner, mine
    """,
    "given back without lock": """
        with s.lock:
            block = s.free
            s.free = block.owner
        block.owner = s.free
        s.free = block
    """,
    "other bits": "s.a.v |= 2 << (threading.current_thread().name[-1] == '1')",
    "generator": """
        def steps():
            old = s.a.v
            yield
            s.a.v = old + 1
        list(steps())
    """,
    "a new object by +=": "s.a.v, _ = Number(), s.a.v\ns.c.v += 1",
}


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    path = tmp_path_factory.mktemp("flow") / "flowing.py"
    source = HEAD + "DEFAULT = object()\n"
    for number, body in enumerate([*RIGHT.values(), *WRONG.values()]):
        source += f"def work_{number}(s):\n{textwrap.indent(textwrap.dedent(body), '    ')}\n"
    path.write_text(source, encoding="utf-8")
    return load_module("flowing", path)


def found(program: ModuleType, case: str) -> list[str]:
    worker = getattr(program, f"work_{[*RIGHT, *WRONG].index(case)}")
    hazards = explore(program.State, [worker] * 2, schedules=200).hazards
    return [hazard.kind for hazard in hazards]


@pytest.mark.parametrize("case", RIGHT)
def test_nothing_is_lost(program: ModuleType, case: str) -> None:
    assert found(program, case) == []


@pytest.mark.parametrize("case", WRONG)
def test_an_update_is_lost(program: ModuleType, case: str) -> None:
    assert found(program, case) == ["lost-update"]


def test_the_line_does_not_remember_what_went_over_it(tmp_path: Path) -> None:
    path = tmp_path / "tally.py"
    path.write_text(
        textwrap.dedent(
            """
            class Tally:
                def __init__(self, total=0):
                    self.total = total
                def add(self, value):
                    self.total += value
            def add_list(tally):
                Tally([]).add([1])
                tally.add(1)
            """
        ),
        encoding="utf-8",
    )
    tally = load_module("flowing_tally", path)
    hazards = explore(tally.Tally, [tally.add_list] * 2, schedules=50).hazards
    assert [hazard.kind for hazard in hazards] == ["lost-update"]
