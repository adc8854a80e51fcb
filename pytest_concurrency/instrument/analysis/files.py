"""What flows into files: by what is handed to the one that a call has opened, by what is written in
one go, and by putting a file in the place of another one."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Final

from pytest_concurrency.instrument.analysis.values import NO_READS, NOTHING, Value

OPENING: Final = frozenset({"open", "fdopen", "mkstemp", "NamedTemporaryFile"})
_WRITING: Final = frozenset({"write_text", "write_bytes"})
MOVING: Final = frozenset({"rename", "renames", "replace", "move", "link"})
"""Calls after which a file is what another one was."""
_MODULES: Final = frozenset({"os", "shutil"})
_SAME: Final = frozenset({"Path", "PurePath", "str", "fspath"})
"""What gives a file's name for its name."""


class Files:
    """For one function: its calls that open, write and move files, and what flows in there."""

    def __init__(self) -> None:
        self._written: dict[ast.AST, Value] = {}
        """By the call that opens or writes a file."""
        self._depth: dict[ast.AST, int] = {}
        self._moved: dict[ast.AST, tuple[ast.expr, Value]] = {}
        """By the call: the source, and what its name is made of."""

    def note_call(self, node: ast.Call, parts: Sequence[Value], given: Value, depth: int) -> None:
        """Take note of a call: of ``parts``, its arguments and the object whose method it is.

        ``depth``: how many tests decide whether it is made.
        """
        name = called(node)
        if name in OPENING:
            self._depth.setdefault(node, depth)
        if name in _WRITING:
            known = self._written.get(node)
            self._written[node] = given if known is None else known.either(given)
        if name in MOVING and (source := _source(node)) is not None:
            index = 0 if source in node.args else -1
            self._moved[node] = (source, parts[index])
        # What is handed to a file or to a function together with a file may end up in it.
        for part in parts:
            for opening in part.reads & self._depth.keys():
                for other in parts:
                    if other is not part:
                        self._add(opening, other, depth)

    def into(self, node: ast.AST) -> Value:
        """Return what flows into the file that a call opens, writes or moves somewhere."""
        if node not in self._moved:
            return self._written.get(node, NOTHING)
        source, name = self._moved[node]
        found = NOTHING
        for call, value in self._written.items():
            if call in name.reads or _file_of(call) == _named(source):
                found |= value
        return found

    def _add(self, opening: ast.AST, value: Value, depth: int) -> None:
        if depth > self._depth[opening]:
            value = value._replace(sure=NO_READS)
        self._written[opening] = self._written.get(opening, NOTHING) | value


def called(node: ast.Call) -> str:
    """Return the last part of the name that is called."""
    return str(getattr(node.func, "id", getattr(node.func, "attr", "")))


def _source(node: ast.Call) -> ast.expr | None:
    """Return the expression that names the file that is moved."""
    callee = node.func
    if not isinstance(callee, ast.Attribute):
        return node.args[0] if len(node.args) > 1 else None
    if isinstance(callee.value, ast.Name) and callee.value.id in _MODULES:
        return node.args[0] if node.args else None
    return callee.value if len(node.args) == 1 else None


def _file_of(call: ast.AST) -> str:
    """Return how the source names the file that a call opens or writes."""
    assert isinstance(call, ast.Call)
    callee = call.func
    if isinstance(callee, ast.Attribute) and getattr(callee.value, "id", "") not in ("os", "io"):
        return _named(callee.value)
    return _named(call.args[0]) if call.args else ""


def _named(node: ast.expr) -> str:
    while isinstance(node, ast.Call) and called(node) in _SAME and len(node.args) == 1:
        node = node.args[0]
    return ast.unparse(node)
