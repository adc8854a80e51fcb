"""The rooms of the package: nothing imports upwards, no modules import each other in a circle."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import pytest_concurrency

PACKAGE = Path(pytest_concurrency.__file__).parent
NAME = PACKAGE.name
MOST_FILES = 12
"""Modules of a room, besides its ``__init__.py``."""

ROOMS = (
    "",
    "model",
    "costs",
    "settings",
    "runtime.system",
    "runtime.trace",
    "runtime.effects",
    "runtime.tasks",
    "runtime.scheduler",
    "runtime.helpers.blocking",
    "runtime.helpers",
    "runtime.patches",
    "runtime.diagnosis",
    "instrument.analysis",
    "instrument.rewriting",
    "instrument",
    "detect.locking",
    "detect",
    "detect.outcomes",
    "detect.cause",
    "detect.hygiene",
    "detect.atomicity",
    "detect.races",
    "detect.gil",
    "detect.hazards",
    "search.execution",
    "search.partial_order",
    "search.orders",
    "search.strategies",
    "search.describe",
    "search",
    "stress.children",
    "stress.item",
    "stress.cells",
    "stress.outside",
    "stress.processes.inherited",
    "stress.processes",
    "stress.conducted",
    "stress.control",
    "stress",
    "report",
    "report.terminal",
    "merging",
    "extending",
    "session",
)
"""From the lowest to the highest. The modules beside the rooms are told apart in two lists."""
BELOW_ALL = {"_compat", "_compat_processes", "_origins", "_pytest_compat", "kinds", "real_time"}
"""Imported by any room."""
ABOVE_ALL = {
    "",
    "__main__",
    "api",
    "fixtures",
    "hookspecs",
    "plugin",
}
"""They may import any room."""


def modules() -> dict[str, Path]:
    """All modules of the package: dotted name below the package -> file."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(part for part in parts if part != "__init__")] = path
    return found


MODULES = modules()


def imports_of(name: str) -> set[str]:
    """Which modules of the package a module imports, also within functions and for types only."""
    path = MODULES[name]
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            source = _absolute(node, package)
            if source is not None:
                found.update(_meant(source, alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            names = (alias.name.split(".", 1) for alias in node.names)
            found.update(rest[0] for top, *rest in names if top == NAME and rest)
    return found - {name}


def _absolute(node: ast.ImportFrom, package: str) -> str | None:
    """The module after ``from``, below the package; None: it is another package's."""
    module = node.module or ""
    if node.level:
        parts = package.split(".") if package else []
        base = parts[: len(parts) - node.level + 1]
        return ".".join([*base, module] if module else base)
    top, _, rest = module.partition(".")
    return rest if top == NAME else None


def _meant(source: str, name: str) -> str:
    """The module that ``from source import name`` needs."""
    inner = f"{source}.{name}" if source else name
    return inner if inner in MODULES else source


IMPORTS = {name: imports_of(name) for name in MODULES}


def room_of(name: str) -> str:
    """The room that a module is in; an ``__init__.py`` is in its own."""
    return name if MODULES[name].name == "__init__.py" else name.rpartition(".")[0]


def height(name: str) -> int:
    """How high up a module is: it may import what is not higher."""
    if not room_of(name):
        return -1 if name in BELOW_ALL else len(ROOMS)
    return ROOMS.index(room_of(name))


def test_every_module_beside_the_rooms_is_told():
    beside = {name for name in MODULES if not room_of(name)}
    assert beside == BELOW_ALL | ABOVE_ALL


@pytest.mark.parametrize("name", sorted(MODULES))
def test_nothing_imports_upwards(name):
    if name == "report.json":  # the version of the package, whose module imports nothing at once
        assert "" in IMPORTS[name]
    higher = {other for other in IMPORTS[name] - {""} if height(other) > height(name)}
    assert not higher, f"{name} is below {', '.join(sorted(higher))}"


def test_reports_know_the_nouns_only():
    known = set().union(*(IMPORTS[name] for name in MODULES if room_of(name) == "report"))
    assert {name for name in known if room_of(name) not in ("report", "model")} - BELOW_ALL <= {""}


def test_no_circle():
    graph = {name: known - {""} for name, known in IMPORTS.items() if name}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"a circle of imports: {' -> '.join(error.args[1])}")


@pytest.mark.parametrize("room", sorted({room_of(name) for name in MODULES}))
def test_no_room_is_crowded(room):
    inside = [name for name in MODULES if room_of(name) == room and name != room]
    assert len(inside) <= MOST_FILES
