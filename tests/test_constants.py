"""Constants say in which unit they are."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import pytest_concurrency

PACKAGE = Path(pytest_concurrency.__file__).parent
NO_TIMES = {"_YIELDS", "_PAUSES", "_FACTORS", "EFFORTS"}
"""Shares and factors; settings, which are called as their options are."""


def fractions_in(path: Path) -> Iterator[str]:
    """Yield the names of the constants of a module that are made of a number with a point."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        value = node.value if isinstance(node, (ast.Assign, ast.AnnAssign)) else None
        if value is not None and any(
            isinstance(part, ast.Constant) and type(part.value) is float for part in ast.walk(value)
        ):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]  # type: ignore[union-attr]
            names = {ast.unparse(target) for target in targets}
            yield from (name for name in names if re.fullmatch(r"_?[A-Z][A-Z_]+", name))


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_times_are_in_seconds(path: Path) -> None:
    assert [n for n in fractions_in(path) if "SECONDS" not in n and n not in NO_TIMES] == []
