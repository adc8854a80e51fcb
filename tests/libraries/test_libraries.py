"""Real libraries, instrumented whole, behave as they do without: values, exceptions, tracebacks."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import cache
from itertools import zip_longest
from types import ModuleType

import pytest

from pytest_concurrency.instrument.scope import Scope
from pytest_concurrency.instrument.swap import Instrumentation
from pytest_concurrency.model import Schedule
from pytest_concurrency.runtime.tasks.protocols import Strategy
from pytest_concurrency.search.execution.choices import Choices
from pytest_concurrency.search.execution.engine import execute, exploring, run_copies
from pytest_concurrency.search.execution.learning import Learning
from pytest_concurrency.search.orders.replay import Replay
from pytest_concurrency.search.strategies import make

LIBRARIES = {
    "attrs": "attr",
    "cachetools": "cachetools",
    "click": "click",
    "httpx": "httpx",
    "jinja2": "jinja2",
    "lark": "lark",
    "more_itertools": "more_itertools",
    "networkx": "networkx",
    "numbers": "_pydecimal",
    "parsers": "json",
    "pyparsing": "pyparsing",
    "sortedcontainers": "sortedcontainers",
    "sqlparse": "sqlparse",
    "texts": "textwrap",
}
"""The end of the workload's name, and what must be installed for it."""
NOT_IN_PARALLEL = {
    "click": "its test runner replaces sys.stdout for all threads",
}
FLOOR = 0.95
"""How much of the functions in scope must be instrumented."""
STEPS = 2_000_000
SECONDS = 60.0

Workload = Callable[[], list[object]]


class Case:
    """One library: what its workload gives plainly, and its instrumented counterpart."""

    def __init__(self, module: ModuleType) -> None:
        self.workload: Workload = module.workload
        self.brief: Workload = getattr(module, "brief", module.workload)
        """What is run in two copies: each scheduling point may cost a hand-over."""
        self.workload()  # fills the caches that the library keeps for good
        self.expected = self.workload()
        self.expected_in_brief = self.brief()
        self.instrumentation = Instrumentation(Scope([], [*module.PACKAGES, module.__name__]))
        self.instrumentation.prepare()


def check(given: list[object], expected: list[object]) -> None:
    """Compare call by call: the first difference says more than two long lists."""
    for number, (new, old) in enumerate(zip_longest(given, expected)):
        assert new == old, f"call {number} of {len(expected)}"


@pytest.fixture(scope="module", params=list(LIBRARIES))
def case(request: pytest.FixtureRequest) -> Case:
    pytest.importorskip(LIBRARIES[request.param])
    return case_of(request.param)


@cache
def case_of(name: str) -> Case:
    """Compile each library once: not a fixture's job, which is made again in a random order."""
    return Case(importlib.import_module(f"workload_{name}"))


def executed(strategy: Strategy, workload: Workload, copies: int) -> list[list[object]]:
    ends: list[tuple[list[object], BaseException | None]] = []
    execution = execute(strategy, lambda: ends.extend(run_copies([workload] * copies)), STEPS)
    assert execution.outcome == ""
    assert execution.steps > 500
    assert [error for _, error in ends] == [None] * copies
    return [result for result, _ in ends]


def test_plain_runs_agree(case: Case) -> None:
    check(case.workload(), case.expected)
    assert len(case.expected) >= 40


def test_nearly_everything_is_instrumented(case: Case) -> None:
    done, seen = case.instrumentation.counts
    for name, reason in case.instrumentation.unmatched.items():
        print(f"not instrumented: {name}: {reason}")
    assert seen > 50
    assert done >= FLOOR * seen


def test_outside_of_an_execution(case: Case) -> None:
    with case.instrumentation.swapped():
        given = case.workload()
    check(given, case.expected)
    check(case.workload(), case.expected)


def test_within_an_execution(case: Case) -> None:
    with exploring(case.instrumentation, SECONDS):
        (given,) = executed(Replay(Schedule()), case.workload, copies=1)
    check(given, case.expected)


def test_two_at_once(case: Case, request: pytest.FixtureRequest) -> None:
    for name, reason in NOT_IN_PARALLEL.items():
        if case.workload.__module__ == f"workload_{name}":
            pytest.skip(reason)
    with exploring(case.instrumentation, SECONDS):
        both = executed(make("random", Choices(1), Learning()), case.brief, copies=2)
    for given in both:
        check(given, case.expected_in_brief)
