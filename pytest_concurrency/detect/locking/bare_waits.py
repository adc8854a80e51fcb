"""Waits for a condition whose thread acts on without having asked again what it waits for.

Between the notify and the moment at which the waiting thread has the lock again, others may have
had it: what it was woken for may be gone.
"""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterator, Sequence
from functools import lru_cache

from pytest_concurrency._compat import parsed
from pytest_concurrency.detect.locking.held import LocksHeld
from pytest_concurrency.runtime.trace.event import (
    Log,
    location,
    operation,
    site_number,
    thread_of,
)
from pytest_concurrency.runtime.trace.operations import CALL, RELEASED
from pytest_concurrency.runtime.trace.resource import Location, overlap
from pytest_concurrency.runtime.trace.sites import INTERNAL, SITES
from pytest_concurrency.runtime.trace.synchronisation import Noted

_LOOPS = (ast.While, ast.For, ast.AsyncFor)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def bare_wait_before(log: Log, noted: Sequence[Noted], held: LocksHeld, index: int) -> int | None:
    """Return the wait outside a loop that ended before the event at ``index``, in one critical
    section with it and without another look at its location in between; None: there is none.
    """
    thread, at = thread_of(log[index]), location(log[index])
    for earlier in range(index - 1, -1, -1):
        event = log[earlier]
        if thread_of(event) != thread:
            continue
        if overlap(location(event), at):
            return None
        if operation(event) == CALL and SITES[site_number(event)].name == "wait":
            let_go = set(_let_go(noted, thread, earlier))
            is_bare = bool(let_go & held[index]) and not _is_in_loop(site_number(event))
            return earlier if is_bare else None
        if not held[earlier]:
            return None
    return None


def _let_go(noted: Sequence[Noted], thread: int, index: int) -> Iterator[Location]:
    """Yield the lock that a wait has released, the program's own."""
    for position, by, site, resource, part, op in noted:
        if position == index + 1 and by == thread and op == RELEASED and site == INTERNAL:
            yield (resource, part)


def _is_in_loop(number: int) -> bool:
    site = SITES[number]
    return any(first <= site.line <= last for first, last in _loops(site.path, site.line))


@lru_cache(maxsize=256)
def _loops(path: str, line: int) -> tuple[tuple[int, int], ...]:
    """Return from where to where the loops go that the innermost function around a line has."""
    try:
        tree: ast.AST = parsed("".join(linecache.getlines(path)))
    except (SyntaxError, ValueError):
        return ((0, line),)  # not known: nothing is said
    functions = [each for each in ast.walk(tree) if isinstance(each, _FUNCTIONS)]
    around = [each for each in functions if each.lineno <= line <= (each.end_lineno or 0)]
    inner = max(around, key=lambda each: each.lineno, default=tree)
    loops = [each for each in ast.walk(inner) if isinstance(each, _LOOPS)]
    return tuple((each.lineno, each.end_lineno or 0) for each in loops)
