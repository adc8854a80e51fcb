"""Whether workers have nothing to do with each other, so that more of them would not either.

Of each new interleaving it is looked at what the workers have written. They share nothing if each
wrote only to objects that nobody else can reach: neither the others by what they were given, nor
anybody by a global of the program. That two of them never touched one location is not enough: with
two objects in a pool, every third worker meets the first one. Nor may a worker have synchronised,
with whomever: three wait at a barrier that two pass, or leave a semaphore of two no permit.

What is not seen is not known here: the caller has to know that all code of the test is
instrumented, and that none of it writes to the outside.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import FunctionType, ModuleType
from typing import Any

from pytest_concurrency._origins import runs_tests
from pytest_concurrency.runtime.effects.foreign import INSTRUMENTED_MODULES, module_of
from pytest_concurrency.runtime.scheduler.baton import baton
from pytest_concurrency.runtime.trace.event import Log, rows
from pytest_concurrency.runtime.trace.operations import (
    BEGIN,
    END,
    LOOK,
    ONLY_READ,
    STEP,
    SYNCHRONISE,
    WAKE,
)
from pytest_concurrency.runtime.trace.synchronisation import Noted

_MOST_OBJECTS = 20_000
"""How many are gone through; of a program that holds more, nothing is claimed."""
_NO_MEETING = frozenset({BEGIN, END, LOOK, STEP, WAKE})
"""What a worker may do that is noted: with its end it wakes who waits for it; and where another
worker waits, that is noted, too.
"""


class NothingShared:
    """What the executions of one search have shown."""

    def __init__(self) -> None:
        self._is_asked = self._is_refuted = False
        self._looked_at: set[int] = set()

    def begin(self) -> None:
        """Ask, from the next execution on."""
        self._is_asked, self._is_refuted = True, False
        self._looked_at.clear()

    def end(self) -> bool:
        """Ask no more; return whether there were executions, and none has shown that its workers
        share something.
        """
        self._is_asked = False
        return bool(self._looked_at) and not self._is_refuted

    def look(self, jobs: Sequence[Callable[[], Any]]) -> None:
        """Look at the execution whose workers, which ran ``jobs``, have just ended."""
        if not self._is_asked or self._is_refuted:
            return
        log, noted = baton.record.log, baton.record.noted
        key = hash(frozenset((thread, site, part, op) for thread, site, _, part, op in rows(log)))
        if key in self._looked_at:
            return
        self._looked_at.add(key)
        written = _written(log, noted)
        self._is_refuted = written is None or bool(written and _is_reached(jobs, written))


NOTHING_SHARED = NothingShared()
"""Of this process: one search goes on at a time."""


def _written(log: Log, noted: Sequence[Noted]) -> set[int] | None:
    """Return the numbers of the objects that workers wrote to; None if they may have met."""
    if any(thread and op not in _NO_MEETING for _, thread, _, _, _, op in noted):
        return None
    written: set[int] = set()
    users: dict[Any, int] = {}
    several: set[Any] = set()
    for thread, _, resource, _, op in rows(log):
        if not thread:
            continue
        if op in SYNCHRONISE:
            return None
        if op not in ONLY_READ:
            if type(resource) is not int:
                return None  # something outside memory
            written.add(resource)
        if users.setdefault(resource, thread) != thread:
            several.add(resource)
    return None if written & several else written


def _is_reached(jobs: Sequence[Callable[[], Any]], written: set[int]) -> bool:
    """Whether one of these objects is reached by a global, or by what two workers were given."""
    known: set[int] = set()
    globals_of = [vars(sys.modules[name]) for name in INSTRUMENTED_MODULES if name in sys.modules]
    ends = [_found(globals_of, known, written)]
    ends += [_found([job], set(known), written) for job in jobs]
    if None in ends or ends[0]:
        return True
    own = [found for found in ends[1:] if found is not None]
    return len(set().union(*own)) < sum(map(len, own))


def _found(roots: Iterable[Any], known: set[int], written: set[int]) -> set[int] | None:
    """Return which of ``written`` are reached from ``roots``, not by way of what is ``known``,
    where what is met is noted by its address; None: there is too much.
    """
    found: set[int] = set()
    left = list(roots)
    while left:
        obj = left.pop()
        if id(obj) in known:
            continue
        known.add(id(obj))
        if len(known) > _MOST_OBJECTS:
            return None
        entry = baton.record.seen.get(id(obj))
        if entry is not None and entry[1] in written and entry[0]() is obj:
            found.add(entry[1])
        left.extend(_held_by(obj))
    return found


def _held_by(obj: Any) -> Iterator[Any]:
    """Yield what an object refers to; nothing where the program's objects end."""
    kind = type(obj)
    if kind is ModuleType:
        if vars(obj).get("__name__") in INSTRUMENTED_MODULES:
            yield vars(obj)
    elif kind is FunctionType:
        yield from (obj.__closure__, obj.__defaults__, obj.__kwdefaults__, obj.__dict__)
        if obj.__globals__.get("__name__") in INSTRUMENTED_MODULES:
            yield obj.__globals__
    elif not runs_tests(module_of(kind)) and (
        not issubclass(kind, type) or module_of(obj) in INSTRUMENTED_MODULES
    ):
        # Never what is found itself: the inside of a C iterator may hold tuples with holes.
        yield from gc.get_referents(obj)
