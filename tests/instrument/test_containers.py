"""Which names may be those of containers: used as such, or bound to something that is not plain."""

from __future__ import annotations

import ast
import textwrap
from pathlib import Path

import pytest
from loading import load_module

from pytest_concurrency import explore
from pytest_concurrency.instrument.analysis.containers import Containers
from pytest_concurrency.runtime.effects.containers import CONTAINER_METHODS


def told(source: str) -> Containers:
    return Containers.of(ast.parse(textwrap.dedent(source)), CONTAINER_METHODS)


X = ast.Name("x", ast.Load())


@pytest.mark.parametrize(
    "source",
    [
        "x = 0",
        "x = 'a' if y else 1",
        "x = -y",
        "x = y < z",
        "x = not y",
        "x = f'{y}'",
        "x = len(y)",
        "x = y.startswith('a') and y.strip()",
        "x: int = 1",
        "x = 0\nx += y",
        "z = 1\ny = z * 2\nx = y",
        "x, y = 1, []",
        "if (x := 5): pass",
        "for x in range(3): pass",
        "[x for x in range(3)]",
        "def f(x: int): pass",
        "def f(x: str = None): pass",
        "def f(x=True): pass",
        "def f(a, *, x=''): pass",
    ],
)
def test_numbers_texts_and_answers_are_plain(source: str) -> None:
    assert not told(source).may_give(X)


@pytest.mark.parametrize(
    "source",
    [
        "",
        "x = y",
        "x = f()",
        "x = y or 1",
        "x = y if z else 0",
        "x = y + z",
        "x = y * 2",
        "x = 0\nx = y",
        "y = x\nx = y = z",
        "x, y = f()",
        "x, *y = 1, 2",
        "*x, y = 1, 2",
        "for x in y: pass",
        "for x, y in range(3): pass",
        "with y as x: pass",
        "import x",
        "from y import z as x",
        "def f(x): pass",
        "def f(x=None): pass",
        "def f(x: list): pass",
        "def f(a, x=1):\n x = a",
        "def f(x, a=1): pass",
        "def f(*x): pass",
        "def f(**x): pass",
        "match y:\n case [a, *x]: pass",
        "match y:\n case {**x}: pass",
        "match y:\n case x: pass",
        "x = 1\nx.append(2)",
        "x = []",
        "y, x = 1, []",
    ],
)
def test_what_comes_from_elsewhere_may_be_empty(source: str) -> None:
    assert told(source).may_give(X)


@pytest.mark.parametrize(
    "source",
    ["x[0]", "f(*x)", "self.x.append(1)", "for y in x: pass", "1 in x", "len(x)", "x = {}"],
)
def test_use_as_a_container(source: str) -> None:
    assert "x" in told(source).used


SOURCE = """
import collections, itertools, operator
from itertools import islice

def setup():
    return ["a"]

def take(stack):
    return stack.pop()

def is_there(jobs):
    {look}

def work(state):
    if is_there(state): take(state)
"""


@pytest.mark.parametrize(
    "look",
    [
        "return 1 if jobs else 0",
        "return not (not jobs)",
        "return bool(jobs)",
        "return jobs and 1",
        "if jobs: return 1",
        "while jobs: return 1",
        "return [each for each in (1, 2) if jobs]",
        "return jobs != []",
        "return jobs > []",
        "return jobs == ['a']",
        "return jobs + [] != []",
        "return '%s' % jobs != '[]'",
        "return '%s' % (jobs,) != '[]'",
        "return f'{jobs}' != '[]'",
        "return ''.join(jobs)",
        "return dict.fromkeys(jobs)",
        "return (lambda: jobs)() and 1",
        "return 1 if (given := jobs) else 0",
        "return 1 if (jobs or 0) else 0",
        "return all([jobs, 1])",
        "return jobs * 2",
        "return '{}'.format(jobs) != '[]'",
        "return '{a}'.format(a=jobs) != '[]'",
        "return ascii(jobs) != '[]'",
        "f = len\n    return f(jobs)",
        "return type(jobs)(jobs)",
        "return list(itertools.chain(jobs))",
        "return [*islice(jobs, 1)]",
        "return collections.Counter(jobs)",
        "return operator.concat(jobs, [])",
        "return list(map(jobs.__contains__, ['a']))[0]",
        "return sorted(['a', 'b'], key=jobs.count)[0] == 'b'",
        "return any(each for each in (jobs,))",
        "match 1:\n        case 1 if jobs: return 1",
    ],
)
def test_somebody_else_takes_what_was_there(look: str, tmp_path: Path) -> None:
    path = tmp_path / "empty.py"
    path.write_text(SOURCE.format(look=look))
    program = load_module("empty_by_name", path)
    found = explore(program.setup, [program.work] * 2, strategy="dpor")
    assert ["IndexError" in hazard.message for hazard in found.hazards] == [True]


def test_a_list_is_repeated_in_place(tmp_path: Path) -> None:
    path = tmp_path / "repeated.py"
    path.write_text("def look(rows): return len(rows)\ndef repeat(lines): lines *= 2\n")
    program = load_module("repeated", path)
    assert explore(list, [program.look, program.repeat], strategy="dpor").distinct == 2
