"""Functions are known by the names that their modules have for them, whatever a file calls them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from watching import load

from pytest_concurrency import explore
from pytest_concurrency.instrument.analysis.imports import Imports, first_name

SOURCE = """
import os, json as j
import os.path as osp
from os import path, remove as rm
from . import near
from .near import thing
def f():
    from shutil import move
"""


@pytest.mark.parametrize(
    ("expression", "dotted", "first"),
    [
        ("os.path.exists", "os.path.exists", "os"),
        ("osp.exists", "os.path.exists", "osp"),
        ("path.exists", "os.path.exists", "path"),
        ("rm", "os.remove", "rm"),
        ("move", "shutil.move", "move"),
        ("j.dumps", "json.dumps", "j"),
        ("open", "open", "open"),
        ("near.exists", "near.exists", "near"),
        ("thing", "thing", "thing"),
        ("f().exists", "", ""),
        ("table[0].exists", "", ""),
    ],
)
def test_what_a_name_stands_for(expression: str, dotted: str, first: str) -> None:
    node = ast.parse(expression, mode="eval").body
    assert Imports(ast.parse(SOURCE)).meanings(node) == ({dotted} if dotted else set())
    assert first_name(node) == first


WAYS = {
    "a variable that an import binds, too": (
        "",
        "from os import path; from pathlib import Path; path = Path(p)",
        "path.exists()",
        "path.unlink()",
    ),
    "two of one name": (
        "from pathlib import Path as os, Path as remove\nimport os; from os import remove",
        "",
        "os.path.exists(p)",
        "remove(p)",
    ),
    "a name that is another one's elsewhere": (
        "import os",
        "def other():\n        from pathlib import Path as os",
        "os.path.exists(p)",
        "os.remove(p)",
    ),
    "module": (
        "import os",
        "",
        "os.path.exists(p)",
        "os.remove(p)",
    ),
    "renamed module": (
        "import os as _os",
        "",
        "_os.path.exists(p)",
        "_os.remove(p)",
    ),
    "submodule": (
        "from os import path, unlink",
        "",
        "path.isfile(p)",
        "unlink(p)",
    ),
    "renamed submodule": (
        "import os, os.path as o",
        "",
        "o.isfile(p)",
        "os.unlink(p)",
    ),
    "functions": (
        "from os.path import exists; from os import remove",
        "",
        "exists(p)",
        "remove(p)",
    ),
    "renamed functions": (
        "from os.path import exists as is_there; from os import remove as gone",
        "",
        "is_there(p)",
        "gone(p)",
    ),
    "one that moves": (
        "import os, shutil as s",
        "",
        "os.path.exists(p)",
        "s.move(p, p + 'x')",
    ),
    "named like another one": (
        "import os; from os import replace as move",
        "",
        "os.path.exists(p)",
        "move(p, p + 'x')",
    ),
    "in the function": (
        "",
        "import os; from os import remove",
        "os.path.exists(p)",
        "remove(p)",
    ),
    "in the function around": (
        "",
        "import os as o",
        "any(o.path.exists(p) for _ in '1')",
        "o.remove(p)",
    ),
    "a variable": (
        "from pathlib import Path",
        "path = Path(p)",
        "path.exists()",
        "path.unlink()",
    ),
    "a variable named like a module": (
        "from os import path; from pathlib import Path",
        "path = Path(p)",
        "path.exists()",
        "path.unlink()",
    ),
}
"""What is imported in the file, what the function begins with, how it looks, what it does then."""
PROGRAM = """
import threading
{imports}
LOCK = threading.Lock()
def removes(p):
    {before}
    if {look}:
        {change}
def removes_alone(p):
    with LOCK:
        removes(p)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "file"


@pytest.mark.parametrize("way", WAYS)
def test_files_are_seen_however_the_function_is_called(way: str, file: Path) -> None:
    imports, before, look, change = WAYS[way]
    source = PROGRAM.format(imports=imports, before=before or "pass", look=look, change=change)
    program = load(file.parent, source)

    def setup() -> str:
        file.write_text("")
        return str(file)

    found = explore(setup, [program.removes] * 2, schedules=100, strategy="systematic")
    assert found.hazards
    assert not explore(setup, [program.removes_alone] * 2, schedules=100).hazards


OWN = """
class Shelf:
    def __init__(self):
        self.books = 1
    def remove(self, _):
        self.books -= 1
    def exists(self, _):
        return self.books
path = Shelf()
def exists(p):
    return path.exists(p)
def remove(p):
    path.remove(p)
def removes(shelf):
    if exists(shelf):
        remove(shelf)
"""


def test_functions_of_the_program_that_are_named_alike_are_its_own(tmp_path: Path) -> None:
    program = load(tmp_path, OWN)

    def setup() -> object:
        program.path = program.Shelf()
        return program.path

    found = explore(setup, [program.removes] * 2, lambda shelf: shelf.books == 0, schedules=50)
    assert "Shelf.books" in found.hazards[0].location
