"""The table of kinds drives everything that names them.

``python tests/test_kinds.py`` makes again what holds a copy: the schema and the page of reference.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import get_args

import pytest

import pytest_concurrency
from pytest_concurrency import kinds
from pytest_concurrency.kinds import KINDS, Kind
from pytest_concurrency.model import Cell, CellResult, Hazard, badness
from pytest_concurrency.report.wording import headline
from pytest_concurrency.stress.verdict import isolation_verdict

PACKAGE = Path(pytest_concurrency.__file__).parent
SCHEMA = PACKAGE / "report" / "report.schema.json"
PAGE = PACKAGE.parent / "docs" / "reference" / "hazards.md"
_TABLE = re.compile(r"(\| kind \| meaning \|\n\|---\|---\|\n)((?:\|.*\n)*)")


def page_with(rows: list[Kind]) -> str:
    """The page of reference with these rows in its table of kinds."""

    def table(found: re.Match[str]) -> str:
        return found[1] + "".join(f"| `{kind.name}` | {kind.meaning} |\n" for kind in rows)

    return _TABLE.sub(table, PAGE.read_text(encoding="utf-8"))


def described() -> str:
    return page_with([*KINDS.values()])


def schema_with_kinds() -> str:
    """The schema with the kinds of the table in it."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    schema["$defs"]["hazard"]["properties"]["kind"]["enum"] = list(KINDS)
    return json.dumps(schema, indent=2) + "\n"


def test_the_page_of_reference_has_the_table() -> None:
    assert PAGE.read_text(encoding="utf-8") == described()


def test_the_schema_has_the_table() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == schema_with_kinds()


def test_the_model_has_the_table() -> None:
    assert get_args(kinds.HazardKind) == tuple(KINDS)


def test_what_comes_first_is_worst() -> None:
    ranks = [badness(Hazard(name, "")) for name in KINDS]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) == len(KINDS)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_row_gives_the_words(kind: Kind) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", kind.name)
    hazard = Hazard(kind.name, "it goes wrong")
    assert headline(hazard) == f"{kind.title}: it goes wrong"
    bad = CellResult(Cell("explored", 2), "hazard", 1, 1, hazards=(hazard,))
    fine = CellResult(Cell("processes", 1, 2), "clean", 2, 2, control="clean")
    assert isolation_verdict([bad, fine]).reason.startswith(f"{kind.plural} with 2 threads")


@pytest.mark.parametrize("name", KINDS)
def test_kinds_are_named_by_the_table_only(name: str) -> None:
    """Whoever means one of them uses its constant: another row is not forgotten anywhere then."""
    assert getattr(kinds, name.upper().replace("-", "_")) == name
    # Those of one word are words of other tables, too.
    files = [path for path in PACKAGE.rglob("*.py") if path.name != "kinds.py" and "-" in name]
    assert [path.name for path in files if f'"{name}"' in path.read_text(encoding="utf-8")] == []


if __name__ == "__main__":
    PAGE.write_text(described(), encoding="utf-8")
    SCHEMA.write_text(schema_with_kinds(), encoding="utf-8")
