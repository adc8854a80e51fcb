"""Private names of others are used behind one door each, and nowhere else."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import pytest_concurrency

PACKAGE = Path(pytest_concurrency.__file__).parent
DOORS = {
    "_compat.py",
    "_compat_processes.py",
    "_pytest_compat.py",
    "stress/children/coverage_bridge.py",
}
"""To CPython (two), to pytest, and to coverage, of which only that file knows."""
OPEN = {"_fields", "_attributes", "_replace"}
"""Of ``ast`` and of named tuples: documented."""
ASKS = {"getattr", "hasattr", "setattr", "delattr", "attrgetter", "methodcaller", "get", "pop"}


def privates_in(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield line and name of each private thing of others that a module uses."""
    own = {node.attr for node in ast.walk(tree) if is_attribute_of_self(node)}
    own |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Attribute):
            names = [node.attr] if node.attr not in own | OPEN else []
        elif isinstance(node, ast.Import):
            names = [part for alias in node.names for part in alias.name.split(".")]
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            names = [*node.module.split("."), *(alias.name for alias in node.names)]
            names = [] if node.level or names[0] == PACKAGE.name else names
        elif isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in ASKS:
            names = [str(each.value) for each in node.args if isinstance(each, ast.Constant)]
        yield from ((node.lineno, name) for name in names if is_private(name))


def is_attribute_of_self(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in ("self", "cls")
    )


def is_private(name: str) -> bool:
    return re.fullmatch(r"_[a-zA-Z]\w*", name) is not None


@pytest.mark.parametrize(
    "path",
    [path for path in sorted(PACKAGE.rglob("*.py")) if str(path.relative_to(PACKAGE)) not in DOORS],
    ids=lambda path: str(path.relative_to(PACKAGE)),
)
def test_nobody_goes_past_the_door(path: Path) -> None:
    found = [*privates_in(ast.parse(path.read_text(encoding="utf-8")))]
    assert not found


@pytest.mark.parametrize(
    "source",
    [
        "import _thread",
        "from _pytest import runner",
        "from concurrent.futures.thread import _worker",
        "thread._target",
        "getattr(thread, '_target', None)",
        "vars(thread).get('_target')",
        "sys._getframe(1)",
        "operator.attrgetter('_lock')",
    ],
)
def test_a_way_past_the_door_is_seen(source: str) -> None:
    assert [*privates_in(ast.parse(source))]


@pytest.mark.parametrize(
    "source",
    [
        "from pytest_concurrency._compat import getframe",
        "class A:\n    def is_like(self, other): return self._x == other._x",
        "node._fields",
        "__import__('x').__dict__",
    ],
)
def test_what_is_ones_own_is_no_way_past_it(source: str) -> None:
    assert not [*privates_in(ast.parse(source))]
