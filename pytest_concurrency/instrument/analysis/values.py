"""What a value is made of, as far as one function shows: the reads that may be part of it."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import NamedTuple

Reads = frozenset[ast.AST]
"""Attribute, item, name and call nodes."""
NO_READS: Reads = frozenset()
_NO_NAMES: frozenset[str] = frozenset()
_MANY = 200
"""Beyond so many reads a name's history is cut off: only the latest are kept, and analysis stays
linear."""


class Value(NamedTuple):
    """The value of an expression, or what a name holds at some point."""

    reads: Reads = NO_READS
    """What may be part of it."""
    sure: Reads = NO_READS
    """What is part of it whatever way was taken, just as it was read last."""
    direct: Reads = NO_READS
    """The reads in the expression itself, not those that names carry."""
    names: frozenset[str] = _NO_NAMES
    """The local names in the expression."""
    is_foreign: bool = False
    """Whether a part of it comes from where the function does not show: an argument, a call,
    another location."""

    def __or__(self, other: Value) -> Value:
        """Return what is made of both."""
        if self is NOTHING or self is other:
            return other
        if other is NOTHING:
            return self
        return Value(
            self.reads | other.reads,
            self.sure | other.sure,
            self.direct | other.direct,
            self.names | other.names,
            self.is_foreign or other.is_foreign,
        )

    def either(self, other: Value) -> Value:
        """Return what is the one or the other."""
        if self is other:
            return self
        return Value(
            self.reads | other.reads,
            self.sure & other.sure,
            self.direct | other.direct,
            self.names | other.names,
            self.is_foreign or other.is_foreign,
        )


NOTHING = Value()
FOREIGN = Value(is_foreign=True)

State = dict[str, Value]
"""What names hold at some point of a function."""


def join(into: State, states: Iterable[State]) -> None:
    """Let ``into`` be what holds where several ways meet."""
    joined: State = {}
    count = 0
    seen: dict[str, int] = {}
    for state in states:
        count += 1
        for name, value in state.items():
            known = joined.get(name)
            if known is None:
                joined[name] = value
            elif known is not value:
                joined[name] = cut(known, value, is_either=True)
            seen[name] = seen.get(name, 0) + 1
    for name, times in seen.items():
        if times < count and joined[name].sure:
            joined[name] = joined[name]._replace(sure=NO_READS)
    into.clear()
    into.update(joined)


def cut(older: Value, newer: Value, *, is_either: bool = False) -> Value:
    """Join two values, but forget the older one if that would be too much to remember."""
    both = older.either(newer) if is_either else older | newer
    if len(both.reads) <= _MANY:
        return both
    return newer._replace(sure=NO_READS, is_foreign=both.is_foreign)


def carried(node: ast.Name, held: Value) -> Value:
    """Return the value of a local name that holds ``held``."""
    itself = frozenset((node,))
    few = held if len(held.reads) <= _MANY else NOTHING
    return Value(
        itself | few.reads,
        itself | few.sure,
        itself,
        frozenset((node.id,)),
        held.is_foreign,
    )


def argument(node: ast.arg) -> Value:
    """Return the value of an argument when its function begins."""
    itself = frozenset((node,))
    return Value(itself, itself, is_foreign=True)


def read(node: ast.AST, *parts: Value) -> Value:
    """Return what a read gives, with the values that it needs to find it."""
    itself = frozenset((node,))
    found = Value(itself, itself, itself, is_foreign=True)
    for part in parts:
        found |= part
    return found
