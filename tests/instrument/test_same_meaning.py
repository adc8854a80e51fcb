"""Instrumented functions do what the originals do: values, exceptions, tracebacks, order of
evaluation, frames.

``HYPOTHESIS_PROFILE=thorough`` tries twenty times as many functions (a few minutes).
"""

from __future__ import annotations

import ast
import builtins
import os
import types
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grammar
import pytest
from hypothesis import HealthCheck, given, settings

from pytest_concurrency.instrument.compile import Unit, compile_both
from pytest_concurrency.instrument.rewriting.numbers import entered
from pytest_concurrency.instrument.rewriting.rewrite import rewrite
from pytest_concurrency.instrument.scope import Scope
from pytest_concurrency.instrument.stored import Wanted
from pytest_concurrency.instrument.swap import Instrumentation, add_helpers
from pytest_concurrency.model import Schedule
from pytest_concurrency.search.execution.engine import execute, exploring
from pytest_concurrency.search.orders.replay import Replay

WORLD = Path(__file__).with_name("world.py")
FEW = 120
EXAMPLES = 4000 if os.environ.get("HYPOTHESIS_PROFILE") == "thorough" else FEW


def loaded(source: str, path: str, base: dict[str, Any], *, instrumented: bool) -> dict[str, Any]:
    namespace = {**base, "__name__": "case"}
    tree = ast.parse(source, path)
    if instrumented:
        tree, *tables = rewrite(tree, path)
        add_helpers(vars(builtins))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        code = compile(tree, path, "exec", dont_inherit=True)
    exec(entered(code, *tables) if instrumented else code, namespace)
    return namespace


def world(*, instrumented: bool) -> dict[str, Any]:
    return loaded(WORLD.read_text(), "world.py", {}, instrumented=instrumented)


WORLDS = {flag: world(instrumented=flag) for flag in (False, True)}


def driven(kind: str, case: Callable[..., Any], arguments: tuple[Any, ...]) -> object:
    if kind == "plain":
        return case(*arguments)
    going = case(*arguments)
    sent: object = None
    seen = []
    for _ in range(12):
        try:
            seen.append(going.send(sent))
        except StopIteration as stop:
            return [*seen, stop.value]
        sent = 1
    going.close()
    return seen


def run_case(kind: str, namespace: dict[str, Any]) -> object:
    arguments = (namespace["Node"](), {"a": 1, 2: 2}, [3, 1, 2])
    return driven(kind, namespace["make_case"](), arguments)


def inside(error: BaseException) -> types.TracebackType | None:
    """The part of the traceback that belongs to the generated function."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename != "case.py":
        trace = trace.tb_next
    return trace


def outcome(kind: str, source: str, *, instrumented: bool, managed: bool) -> object:
    base = WORLDS[instrumented]
    base["reset"]()
    namespace = loaded(source, "case.py", base, instrumented=instrumented)
    ends: list[object] = []

    def body() -> None:
        try:
            ends.append(base["shown"](run_case(kind, namespace)))
        except Exception as error:
            base["failed"](error.with_traceback(inside(error)))

    if managed:
        execution = execute(Replay(Schedule()), body)
        assert execution.outcome == ""
    else:
        body()
    node = base["Node"]
    state = base["shown"]([namespace["G"], namespace["H"], node.total])
    return ends, state, list(base["LOG"])


def is_python(source: str) -> bool:
    """The grammar is a little too wide: say whether this is something that Python compiles."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            compile(source, "case.py", "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True


def check(kind: str, source: str, *, managed: bool) -> None:
    expected = outcome(kind, source, instrumented=False, managed=False)
    assert outcome(kind, source, instrumented=True, managed=managed) == expected, source


many = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=EXAMPLES == FEW,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def scheduler() -> Iterator[None]:
    with exploring(Instrumentation(Scope([])), seconds=600):
        yield


@many
@given(grammar.modules())
def test_without_an_execution(module: tuple[str, str]) -> None:
    if is_python(module[1]):
        check(*module, managed=False)


@many
@given(grammar.modules())
def test_within_an_execution(scheduler: None, module: tuple[str, str]) -> None:
    if is_python(module[1]):
        check(*module, managed=True)


@settings(many, max_examples=EXAMPLES // 2)
@given(grammar.modules())
def test_every_function_has_its_counterpart(module: tuple[str, str]) -> None:
    if is_python(module[1]):
        unit = Unit(compile_both(Wanted(module[1], "case.py", asserts=False, internal=False)))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            code = compile(module[1], "case.py", "exec", dont_inherit=True)
        pending = [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
        while pending:
            function = pending.pop()
            match = unit.counterpart(function)
            assert match is not None, function
            assert match.co_flags == function.co_flags
            assert match.co_argcount == function.co_argcount
            pending += [c for c in function.co_consts if isinstance(c, types.CodeType)]


def test_the_grammar_mostly_makes_python() -> None:
    seen: list[bool] = []

    @settings(many, max_examples=100)
    @given(grammar.modules())
    def count(module: tuple[str, str]) -> None:
        seen.append(is_python(module[1]))

    count()
    assert sum(seen) > len(seen) / 2
