"""Systematic search runs every schedule once: exactly those that a brute-force model lists."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from loading import load_module
from programs import Counter, LockedCounter, TwoLocks
from schedule_model import Program, Schedule, all_schedules, schedules

from pytest_concurrency import explore
from pytest_concurrency.api import instrumentation_for
from pytest_concurrency.detect.observation import Execution
from pytest_concurrency.runtime.trace.event import site_number, thread_of
from pytest_concurrency.runtime.trace.sites import SITES
from pytest_concurrency.search.execution.choices import Choices
from pytest_concurrency.search.execution.engine import execute, exploring, run_copies
from pytest_concurrency.search.execution.learning import Learning
from pytest_concurrency.search.strategies.systematic import Systematic

READ, WRITE = ("read", "x"), ("write", "x")
TAKE, GIVE = ("acquire", "a"), ("release", "a")
COUNT = (READ, WRITE)
numbers = itertools.count()
Accesses = tuple[tuple[int, int], ...]
"""Thread and index of an operation on a variable, one after another."""


def written(program: Program, folder: Path) -> ModuleType:
    """Write a program as a module with a worker per thread, each operation on a line of its own."""
    lines = ["import threading", "class State:", "    def __init__(self):"]
    lines += [f"        self.{name} = 0" for name in "xy"]
    lines += [f"        self.{name} = threading.Lock()" for name in "ab"]
    texts = {
        "read": "state.{}",
        "write": "state.{} = 1",
        "acquire": "state.{}.acquire()",
        "release": "state.{}.release()",
    }
    for index, operations in enumerate(program):
        lines.append(f"def worker_{index}(state):")
        lines += [f"    {texts[kind].format(name)}" for kind, name in operations]
    name = f"modelled_{next(numbers)}"
    path = folder / f"{name}.py"
    path.write_text("\n".join(lines) + "\n")
    return load_module(name, path)


def all_executions(module: ModuleType, workers: int) -> list[Execution]:
    """Run what the strategy ``systematic`` wants to run."""
    functions = [getattr(module, f"worker_{index}") for index in range(workers)]
    learning = Learning()
    strategy = Systematic(Choices(0), learning)
    executions = []
    with exploring(instrumentation_for(functions), 10):
        while not strategy.finished:
            state = module.State()
            jobs = [lambda f=f, s=state: f(s) for f in functions]
            strategy.prepare()
            execution = execute(strategy, lambda jobs=jobs: run_copies(jobs))
            learning.note(execution.log, execution.noted)
            strategy.learn(execution)
            executions.append(execution)
            assert len(executions) < 5000
    assert strategy.covered is not None
    assert strategy.covered.schedules < len(executions)  # the first tells where threads conflict
    return executions[-strategy.covered.schedules :]


def accesses_in(execution: Execution, module: ModuleType, program: Program) -> Accesses:
    """Return who made which of its operations on variables, in order."""
    functions = [getattr(module, f"worker_{index}") for index in range(len(program))]
    steps = []
    for event in execution.log:
        site, thread = SITES[site_number(event)], thread_of(event) - 1
        if site.name in ("x", "y"):
            steps.append((thread, site.line - functions[thread].__code__.co_firstlineno - 1))
    return tuple(steps)


def accesses_of(schedule: Schedule, program: Program) -> Accesses:
    return tuple(
        (thread, position)
        for thread, position in schedule.interleaving
        if program[thread][position][0] in ("read", "write")
    )


def compare(program: Program, folder: Path) -> list[Schedule]:
    expected = list(schedules(program))
    module = written(program, folder)
    executions = all_executions(module, len(program))
    assert len(executions) == len(expected)
    assert sorted(e.preemptions for e in executions) == sorted(s.preemptions for s in expected)
    assert sum(e.outcome == "deadlock" for e in executions) == sum(s.deadlock for s in expected)
    assert sorted(accesses_in(e, module, program) for e in executions) == sorted(
        accesses_of(s, program) for s in expected
    )
    return expected


@pytest.mark.parametrize(
    ("program", "count"),
    [
        pytest.param((COUNT, COUNT), 6, id="two counters: 4! / (2! 2!)"),
        pytest.param((COUNT, COUNT, COUNT), 90, id="three counters: 6! / (2! 2! 2!)"),
        pytest.param((COUNT * 2, COUNT * 2), 70, id="twice each: 8! / (4! 4!)"),
        pytest.param((COUNT, (("read", "y"),) * 5), 1 + 1, id="nothing in common: two orders"),
        pytest.param(((TAKE, *COUNT, GIVE),) * 3, 6, id="one lock: 3! orders"),
        pytest.param(
            ((TAKE, WRITE, GIVE), (TAKE, GIVE, READ)), 5, id="a read that one order keeps back"
        ),
    ],
)
def test_known_numbers(program: Program, count: int, tmp_path: Path) -> None:
    assert len(compare(program, tmp_path)) == count


def blocks(names: str) -> st.SearchStrategy[tuple[tuple[str, str], ...]]:
    access = st.tuples(st.sampled_from(["read", "write"]), st.sampled_from(names))
    plain = st.lists(access, min_size=1, max_size=2).map(tuple)
    one = st.tuples(st.sampled_from("ab"), plain).map(
        lambda t: (("acquire", t[0]), *t[1], ("release", t[0]))
    )
    two = st.tuples(st.permutations("ab"), access).map(
        lambda t: (
            ("acquire", t[0][0]),
            ("acquire", t[0][1]),
            t[1],
            ("release", t[0][1]),
            ("release", t[0][0]),
        )
    )
    return st.one_of(plain, one, two)


threads = st.lists(blocks("xy"), min_size=1, max_size=2).map(
    lambda parts: tuple(op for part in parts for op in part)[:6]
)


def is_small(program: Program) -> bool:
    return len(list(itertools.islice(all_schedules(program), 150))) < 150


def releases_all(program: Program) -> bool:
    return all(
        sum(kind == "acquire" for kind, _ in thread) == sum(kind == "release" for kind, _ in thread)
        for thread in program
    )


@given(st.lists(threads, min_size=2, max_size=3).map(tuple).filter(releases_all).filter(is_small))
@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)
def test_as_many_schedules_as_the_model_lists(tmp_path: Path, program: Program) -> None:
    compare(program, tmp_path)


@pytest.mark.parametrize("strategy", ["systematic", "auto"])
def test_all_of_a_counter(strategy: str) -> None:
    found = explore(
        Counter, [Counter.increment] * 2, strategy=strategy, schedules=200, stop_at_first=False
    )
    assert found.exhausted
    assert found.distinct == 6
    assert [hazard.kind for hazard in found.hazards] == ["lost-update"]


def test_all_of_a_locked_counter_is_clean() -> None:
    found = explore(LockedCounter, [LockedCounter.increment] * 2, strategy="systematic")
    assert found.exhausted
    assert not found.hazards


def test_a_search_that_is_cut_off_has_not_seen_all() -> None:
    found = explore(
        Counter, [Counter.increment] * 3, strategy="systematic", schedules=20, stop_at_first=False
    )
    assert not found.exhausted
    assert found.executions == 20


@pytest.mark.parametrize(("preemptions", "hazards"), [(0, []), (1, ["deadlock"])])
def test_a_bound_on_preemptions(preemptions: int, hazards: list[str]) -> None:
    found = explore(
        TwoLocks, [TwoLocks.forth, TwoLocks.back], strategy="systematic", preemptions=preemptions
    )
    assert [hazard.kind for hazard in found.hazards] == hazards
    assert found.exhausted == (preemptions == 0)


def test_few_preemptions_come_first(tmp_path: Path) -> None:
    program = (COUNT * 2, COUNT * 2)
    executions = all_executions(written(program, tmp_path), 2)
    preemptions = [execution.preemptions for execution in executions]
    assert preemptions == sorted(preemptions)
    assert preemptions[0] == 0
    assert preemptions[-1] == 6


class AskedLock:
    """A lock around nothing that is shared: it only matters to who asks."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.seen: list[bool] = []

    def hold(self) -> None:
        with self.lock:
            pass

    def try_it(self) -> None:
        taken = self.lock.acquire(blocking=False)
        if taken:
            self.lock.release()
        self.seen.append(taken)

    def wait_a_moment(self) -> None:
        taken = self.lock.acquire(timeout=0.1)
        if taken:
            self.lock.release()
        self.seen.append(taken)

    def ask(self) -> None:
        self.seen.append(not self.lock.locked())


@pytest.mark.parametrize("other", [AskedLock.try_it, AskedLock.wait_a_moment, AskedLock.ask])
def test_leaving_a_lock_is_a_point_where_somebody_asks(other: Callable[[AskedLock], None]) -> None:
    seen = set()

    def check(state: AskedLock) -> None:
        seen.update(state.seen)

    found = explore(AskedLock, [AskedLock.hold, other], check, strategy="systematic")
    assert found.exhausted
    assert seen == {True, False}


def test_leaving_a_lock_is_no_point_where_nobody_asks() -> None:
    found = explore(AskedLock, [AskedLock.hold] * 2, strategy="systematic", preemptions=9)
    assert found.covered is not None
    assert found.covered.schedules == 2


class Spinner:
    def __init__(self) -> None:
        self.flag = False

    def wait(self) -> None:
        while not self.flag:
            pass

    def set(self) -> None:
        self.flag = True


def test_a_spinning_thread_has_no_end_of_schedules() -> None:
    found = explore(Spinner, [Spinner.wait, Spinner.set], strategy="systematic", schedules=50)
    assert found.executions == 50
    assert not found.exhausted
    assert not found.hazards
