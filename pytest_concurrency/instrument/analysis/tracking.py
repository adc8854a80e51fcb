"""Where a function gets marks that tell while it runs which reads are in what it writes.

Most writes need none: what flows into them is what was read last. Marks are for those where it
depends on the way that was taken (``if x is None: x = self.total``), on the round of a loop
(``total += box.value``), or on which of several activations goes on (recursion, generators).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Set

from pytest_concurrency.instrument.analysis.expressions import name_of
from pytest_concurrency.instrument.analysis.flows import Flows
from pytest_concurrency.instrument.analysis.names import all_nodes
from pytest_concurrency.instrument.analysis.values import Reads, Value
from pytest_concurrency.runtime.effects.containers import KEYED

_GETTING = frozenset({"getattr", "__getattribute__", "vars"})


class Tracking:
    """The writes of one function that need marks, and the names that matter for them."""

    def __init__(self, flows: Flows) -> None:
        self.targets: dict[ast.AST, Value] = {}
        carried: set[ast.AST] = set()
        for target, value in flows.stored.items():
            if flows.is_place(target):
                relevant = _relevant(target, value.reads, flows)
                if not relevant <= known_reads(value, flows):
                    self.targets[target] = value
                    carried |= relevant
        self._definitions = flows.definitions if self.targets else {}
        self.names = self._carrying(carried)

    def _carrying(self, reads: Set[ast.AST]) -> frozenset[str]:
        """Return the names through which some of ``reads`` flow into the targets."""
        carriers: set[str] = set()
        uses: dict[str, set[str]] = {}
        for bound in self._definitions.values():
            for name, value in bound.items():
                uses.setdefault(name, set()).update(value.names)
                if not reads.isdisjoint(value.reads):
                    carriers.add(name)
        found: set[str] = set()
        added = {name for value in self.targets.values() for name in value.names}
        while added:
            found |= added & carriers
            added = {used for name in added & carriers for used in uses[name]} - found
            added &= carriers
        return frozenset(found)

    def definitions(self, binder: ast.AST) -> dict[str, Value]:
        """Return what a statement, or walrus, binds to names that matter."""
        bound = self._definitions.get(binder, {})
        return {name: value for name, value in bound.items() if name in self.names}

    def targets_in(self, statement: ast.AST) -> list[ast.AST]:
        """Return the places that need marks which a simple statement stores something in."""
        is_simple = isinstance(statement, (ast.Assign, ast.AnnAssign, ast.AugAssign))
        return [n for n in all_nodes(statement) if n in self.targets] if is_simple else []


def known_reads(value: Value, flows: Flows) -> Reads:
    """Return the reads that are part of a value whatever way was taken, just as they were last."""
    return value.sure & value.direct if flows.is_reentrant else value.sure


def _relevant(target: ast.AST, reads: Reads, flows: Flows) -> Reads:
    """Return the reads that may be of the location that is written, as far as names tell."""
    match target:
        case ast.Attribute(attr=name):
            return frozenset(_of_attribute(name, reads))
        case ast.Name(id=name):
            return frozenset(r for r in reads if isinstance(r, ast.Name) and r.id == name)
        case ast.Subscript(value=owner, slice=part):
            is_whole = isinstance(part, ast.Slice)
            owners = {read: found for read in reads if (found := _owner_of(read, is_whole))}
            names = flows.names_like(name_of(owner)) if owners else ()
            return frozenset(read for read, found in owners.items() if name_of(found) in names)
    return frozenset()


def _owner_of(read: ast.AST, is_whole: bool) -> ast.AST | None:
    """Return what an item is of; if the whole counts, a container that is looked at is its own."""
    match read:
        case ast.Subscript(value=owner):
            return owner
        case ast.Call(func=ast.Attribute(value=owner, attr=name)) if is_whole or name in KEYED:
            return owner
    return read if is_whole else None


def _of_attribute(name: str, reads: Reads) -> Iterable[ast.AST]:
    for read in reads:
        is_attribute = isinstance(read, ast.Attribute) and read.attr == name
        is_call = isinstance(read, ast.Call) and getattr(read.func, "id", "") in _GETTING
        if is_attribute or is_call:
            yield read
