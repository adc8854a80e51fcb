"""How that is named which a statement of SQL touches."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from pytest_concurrency.runtime.trace.resource import is_outside
from pytest_concurrency.runtime.trace.sites import InstrumentedSite
from pytest_concurrency.stress.outside.statements import Touched, touched_at, touched_by

NAMED = {
    "select balance from accounts where id = 1": "row accounts[id=1].balance",
    "SELECT balance\nFROM accounts\nWHERE id = 'a';": "row accounts[id='a'].balance",
    "update accounts set balance = balance + 1 where id = 1": "row accounts[id=1].balance",
    "update or ignore accounts set balance = 2, owner = 'b' where id = 1": "row accounts[id=1]",
    "select * from accounts where id = 1": "row accounts[id=1]",
    "select balance from accounts": "table accounts (select)",
    "select balance from accounts where id = 1 or id = 2": "table accounts (select)",
    "select balance from accounts where id > 1": "table accounts (select)",
    "update accounts set balance = 0": "table accounts (update)",
    "insert or ignore into accounts values (7, 0)": "table accounts (insert)",
    "replace into accounts values (7, 0)": "table accounts (replace)",
    "delete from accounts where id = 1": "row accounts[id=1]",
    "begin immediate": "",
    "pragma journal_mode=wal": "",
}


@pytest.mark.parametrize(("statement", "name"), NAMED.items())
def test_names(statement: str, name: str) -> None:
    touched = touched_by(statement)
    assert touched.name == name
    assert touched.only_reads == statement.lower().startswith("select")
    assert not name or is_outside(name)


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ((5, 1), "row accounts[id=1].balance"),
        ((5, "a"), "row accounts[id='a'].balance"),
        ((5, None), "table accounts (update)"),
        ((), "table accounts (update)"),
    ],
)
def test_a_row_that_a_parameter_tells(parameters: tuple[object, ...], name: str) -> None:
    assert touched_by("update accounts set balance = ? where id = ?", parameters).name == name


CALLS = {
    'con.execute("select n from t where id = 1")': "row t[id=1].n",
    'con.execute("update t set n = ? where id = ?", (n, 1))': "row t[id=1].n",
    'con.execute("update t set n = ? where id = ?", (1, n))': "table t (update)",
    'con.execute("select n from t").fetchone()': "table t (select)",
    "con.execute(statement)": "",
    "con.commit()": "",
    "rows().fetchone()": "",
}


@pytest.mark.parametrize(("source", "name"), CALLS.items())
def test_what_the_source_says_of_a_call(tmp_path: Path, source: str, name: str) -> None:
    path = tmp_path / "module.py"
    path.write_text(f"def work(con, n):\n    return {source}\n")
    (call,) = (
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and node.col_offset == 0
        and node.end_col_offset == len(source)
    )
    assert isinstance(call.func, ast.Attribute)
    site = InstrumentedSite(str(path), 2, 11, "work", "call", call.func.attr, "con")
    assert touched_at(site).name == name
    assert touched_at(site).only_reads == ("select" in source or "fetch" in source)


def test_what_cannot_be_read_says_nothing(tmp_path: Path) -> None:
    site = InstrumentedSite(str(tmp_path / "none.py"), 1, 0, "work", "call", "execute", "con")
    assert touched_at(site) == Touched()
