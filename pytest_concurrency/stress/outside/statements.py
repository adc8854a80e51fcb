"""What statements of SQL touch, by their text in the source: rows and tables have names.

``row accounts[id=1].balance`` where the statement says which row it means, else the table and what
is done: ``table accounts (update)``. This is for people: to processes a database is one thing to
meet on. That something is only read there is for them, too.
"""

from __future__ import annotations

import ast
import linecache
import re
from collections.abc import Sequence
from functools import cache
from typing import Final, NamedTuple

from pytest_concurrency._compat import parsed
from pytest_concurrency.runtime.trace.resource import ROW, TABLE
from pytest_concurrency.runtime.trace.sites import InstrumentedSite

_EXECUTES: Final = frozenset({"execute", "executemany"})
_FETCHES: Final = frozenset({"fetchone", "fetchall", "fetchmany"})
_FORMS: Final = tuple(
    re.compile(form, re.IGNORECASE | re.DOTALL)
    for form in (
        r"(?P<verb>select)\s+(?P<column>.+?)\s+from\s+(?P<table>\w+)(?P<rest>.*)",
        r"(?P<verb>update)\s+(?:or\s+\w+\s+)?(?P<table>\w+)\s+set\s+(?P<column>\w+)\s*="
        r"(?P<value>.*?)(?P<rest>\bwhere\b.*|$)",
        r"(?P<verb>insert|replace)\s+(?:or\s+\w+\s+)?into\s+(?P<table>\w+)",
        r"(?P<verb>delete)\s+from\s+(?P<table>\w+)(?P<rest>.*)",
    )
)
_WHERE: Final = re.compile(r"\s*where\s+(\w+)\s*=\s*(\d+|'[^']*'|\?)\s*;?\s*", re.IGNORECASE)


class Touched(NamedTuple):
    """What a statement touches."""

    name: str = ""
    """"" if the statement does not say."""
    only_reads: bool = False


def touched_by(statement: str, parameters: Sequence[object] = ()) -> Touched:
    """Say what a statement touches; of ``parameters`` None is one whose value is not known."""
    found = next(filter(None, (form.match(statement.strip()) for form in _FORMS)), None)
    if found is None:
        return Touched()
    parts = found.groupdict()
    verb = parts["verb"].lower()
    where = _WHERE.fullmatch(parts.get("rest") or "")
    value = where[2] if where else ""
    if where and value == "?":
        place = statement.count("?", 0, statement.rindex("?"))
        known = parameters[place] if place < len(parameters) else None
        value = "" if known is None else repr(known)
    if where is None or not value:
        return Touched(f"{TABLE} {parts['table']} ({verb})", verb == "select")
    column = parts.get("column") or ""
    # Of several columns there is one name for all.
    is_one = column.isidentifier() and "," not in (parts.get("value") or "")
    name = f"{ROW} {parts['table']}[{where[1]}={value}]" + (f".{column}" if is_one else "")
    return Touched(name, verb == "select")


def touched_at(site: InstrumentedSite) -> Touched:
    """Say what the statement touches that is executed, or read from, at a site, as far as the
    source shows it."""
    found = _touched_in(site.path).get((site.line, site.column, site.name), Touched())
    return found._replace(only_reads=True) if site.name in _FETCHES else found


@cache
def _touched_in(path: str) -> dict[tuple[int, int, str], Touched]:
    """Return what is touched, by where a call is, and by which method."""
    try:
        tree = parsed("".join(linecache.getlines(path)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {
        (call.lineno, call.col_offset, call.func.attr): _touched_by_call(call)
        for call in calls
        if isinstance(call.func, ast.Attribute)
    }


def _touched_by_call(call: ast.Call) -> Touched:
    assert isinstance(call.func, ast.Attribute)
    inner = call.func.value
    if call.func.attr in _FETCHES and isinstance(inner, ast.Call):
        return _touched_by_call(inner) if isinstance(inner.func, ast.Attribute) else Touched()
    statement = call.args[0] if call.args else None
    if call.func.attr not in _EXECUTES or not isinstance(statement, ast.Constant):
        return Touched()
    given = call.args[1] if len(call.args) > 1 else None
    parameters = given.elts if isinstance(given, (ast.Tuple, ast.List)) else ()
    values = [each.value if isinstance(each, ast.Constant) else None for each in parameters]
    return touched_by(statement.value, values) if isinstance(statement.value, str) else Touched()
