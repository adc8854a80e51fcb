"""The table of operations: what it says of each, and that nothing else is emitted."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

import pytest_concurrency
from pytest_concurrency import model
from pytest_concurrency.runtime.effects import containers, files
from pytest_concurrency.runtime.trace import operations
from pytest_concurrency.runtime.trace.operations import OPERATIONS, Effect
from pytest_concurrency.runtime.trace.pending import Operation

_PACKAGE = Path(pytest_concurrency.__file__).parent


@pytest.fixture(params=OPERATIONS.values(), ids=OPERATIONS)
def row(request: pytest.FixtureRequest) -> Effect:
    row: Effect = request.param
    return row


def test_each_does_something_and_can_be_told(row: Effect) -> None:
    assert row.reads or row.writes or row.synchronises
    assert row.shown in get_args(model.Operation)


def test_what_takes_or_gives_synchronises(row: Effect) -> None:
    assert row.synchronises or not (row.acquires or row.releases or row.blocks)
    assert row.synchronises or not (row.sends or row.receives)


def test_who_receives_has_waited_already(row: Effect) -> None:
    assert not (row.receives and row.blocks)
    assert not (row.sends and row.receives)


def test_only_what_is_not_seen_inside_may_do_both(row: Effect) -> None:
    assert row.is_sure != (row.reads and row.writes)


def test_two_conflict_unless_both_only_read(row: Effect) -> None:
    reads = row.reads and not row.writes
    for other in OPERATIONS.values():
        both = Operation(0, 1, "part", row.name), Operation(0, 1, "part", other.name)
        assert both[0].conflicts_with(both[1]) != (reads and other.reads and not other.writes)


def test_each_has_a_constant(row: Effect) -> None:
    assert getattr(operations, row.name.upper()) == row.name


def test_what_methods_and_functions_do_is_in_the_table() -> None:
    kinds = {kind for table in containers.CONTAINERS.values() for kind in table}
    assert kinds <= OPERATIONS.keys()
    assert set(get_args(files.Kind)) - {files.LISTS} <= OPERATIONS.keys()


def _texts_given_to(names: set[str]) -> Iterator[str]:
    for path in _PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in names:
                for argument in node.args:
                    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                        yield argument.value


def test_what_sites_and_points_say_is_in_the_table() -> None:
    operation = 1  # the second argument of the builder, by position
    for path in (_PACKAGE / "instrument").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(
                ("._site", "_new_site")
            ):
                said = node.args[operation]
                if isinstance(said, ast.Constant):
                    assert said.value in OPERATIONS, f"{path.name}:{node.lineno}"
    assert set(_texts_given_to({"point", "touch_attribute", "_whole", "_attribute", "_item"})) <= {
        "",
        *OPERATIONS,
    }
