"""Where a function gets marks that tell while it runs which reads are in what it writes.

Most writes need none: what flows into them is what was read last. Marks are for those where it
depends on the way that was taken (``if x is None: x = self.total``), on the round of a loop
(``total += box.value``), or on which of several activations goes on (recursion, generators).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from pytest_concurrency.instrument.flows import Flows
from pytest_concurrency.instrument.values import Reads, Value

_GETTING = frozenset({"getattr", "__getattribute__", "vars"})


class Tracking:
    """The writes of one function that need marks, and the names that matter for them."""

    def __init__(self, flows: Flows) -> None:
        self.targets: dict[ast.AST, Value] = {}
        for target, value in flows.stored.items():
            if isinstance(target, (ast.Attribute, ast.Subscript, ast.Name)):
                relevant = _relevant(target, value.reads)
                if relevant and (flows.is_reentrant or not relevant <= value.sure):
                    self.targets[target] = value
        self.names = frozenset(name for value in self.targets.values() for name in value.names)
        self._definitions = flows.definitions if self.targets else {}
        self._close()

    def _close(self) -> None:
        """Add the names that flow into others."""
        added = self.names
        while added:
            used: set[str] = set()
            for names in self._definitions.values():
                for name in added & names.keys():
                    used |= names[name].names
            added = frozenset(used) - self.names
            self.names |= added

    def definitions(self, binder: ast.AST) -> dict[str, Value]:
        """Return what a statement, or walrus, binds to names that matter."""
        bound = self._definitions.get(binder, {})
        return {name: value for name, value in bound.items() if name in self.names}

    def targets_in(self, statement: ast.AST) -> list[ast.AST]:
        """Return the places that need marks which a simple statement stores something in."""
        is_simple = isinstance(statement, (ast.Assign, ast.AnnAssign, ast.AugAssign))
        return [n for n in ast.walk(statement) if n in self.targets] if is_simple else []


def _relevant(target: ast.AST, reads: Reads) -> Reads:
    """Return the reads that may be of the location that is written."""
    match target:
        case ast.Attribute(attr=name):
            return frozenset(_of_attribute(name, reads))
        case ast.Name(id=name):
            return frozenset(r for r in reads if isinstance(r, ast.Name) and r.id == name)
        case ast.Subscript(slice=ast.Slice()):
            return reads
    return frozenset(
        read
        for read in reads
        if isinstance(read, ast.Subscript)
        or (isinstance(read, ast.Call) and isinstance(read.func, ast.Attribute))
    )


def _of_attribute(name: str, reads: Reads) -> Iterable[ast.AST]:
    for read in reads:
        is_attribute = isinstance(read, ast.Attribute) and read.attr == name
        is_call = isinstance(read, ast.Call) and getattr(read.func, "id", "") in _GETTING
        if is_attribute or is_call:
            yield read
