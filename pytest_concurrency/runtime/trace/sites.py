"""The table of instrumented places: instrumented code passes a number, everything else is looked
up here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from pytest_concurrency.model import Operation


@dataclass(frozen=True, slots=True)
class InstrumentedSite:
    """One operation in the source: where it is and what it touches."""

    path: str
    line: int
    column: int
    function: str
    op: Operation
    name: str
    """The attribute or global; empty for items and synchronisation."""
    label: str
    """How the source names the location: ``Counter.value``, ``stock``, ``queue``."""
    flows: frozenset[int] = frozenset()
    """Writes: the read sites (numbers) whose value may flow into what is written, within the
    function.
    """
    is_given: bool = False
    """Writes: whether a part of what is written comes from where the function does not show."""
    is_given_away: bool = False
    """Reads: whether the value may leave the function, or be stored elsewhere."""
    compared: frozenset[tuple[frozenset[int], frozenset[int]]] = frozenset()
    """Writes: which read sites gave values that were found to be equal, or not, before."""
    is_tracked: bool = False
    """Writes: whether what flows into it is told by marks."""
    is_bound: bool = False
    """Calls: whether the label names the bound method, not the object whose method it is."""


SITES: list[InstrumentedSite] = []
INTERNAL: Final = -1
"""Site of what is done inside the standard library: it may block but is no scheduling point."""


def add_site(site: InstrumentedSite) -> int:
    """Enter ``site`` and return its number."""
    SITES.append(site)
    return len(SITES) - 1


def add_call_in(function: Any, label: str) -> int:
    """Enter a call that a function of the standard library makes, and return its number."""
    code = function.__code__
    place = (code.co_filename, code.co_firstlineno, 0, code.co_qualname)
    return add_site(InstrumentedSite(*place, "call", code.co_name, label, is_bound=True))


_everywhere = bytearray()
_nowhere = bytearray()


def everywhere() -> bytearray:
    """Return the heat that is on at every site."""
    if len(_everywhere) < len(SITES):
        _everywhere.extend(b"\1" * (len(SITES) - len(_everywhere)))
    return _everywhere


def nowhere() -> bytearray:
    """Return a table that says no at every site."""
    if len(_nowhere) < len(SITES):
        _nowhere.extend(bytes(len(SITES) - len(_nowhere)))
    return _nowhere
