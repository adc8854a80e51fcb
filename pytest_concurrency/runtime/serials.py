"""Numbers for objects, in the order in which an execution first meets them.

An object keeps its number as long as it lives. A weak reference tells whether it does: holding
objects would change when their finalizers run, and how much memory a program takes. Lists, dicts
and what has slots only must be held all the same, until nobody else does.
"""

from __future__ import annotations

from itertools import repeat
from sys import getrefcount
from typing import Any
from weakref import ref

from pytest_concurrency.runtime.baton import baton as _b
from pytest_concurrency.runtime.state import ROOM


def serial_of(obj: object) -> int:
    """Return the number of ``obj`` in this execution; it is never given to another object."""
    entry = _b.seen.get(id(obj))
    if entry is not None and entry[0]() is obj:
        return entry[1]
    _b.serials = serial = _b.serials + 1
    alive: Any
    try:
        alive = ref(obj)
    except TypeError:
        alive = repeat(obj).__next__
    _b.seen[id(obj)] = (alive, serial)
    if type(alive) is not ref:
        _b.held.append(id(obj))
        if len(_b.held) >= _b.room:
            _let_go()
    return serial


_probe = repeat(object()).__next__
_HELD_ONCE = getrefcount(_probe())


def _let_go() -> None:
    """Forget the objects that nobody else holds any more.

    Their finalizers may get here again, and pass scheduling points: so first decide, then let go.
    """
    seen = _b.seen
    dead: list[int] = []
    living: list[int] = []
    for number in _b.held:
        alone = getrefcount(seen[number][0]()) == _HELD_ONCE
        (dead if alone else living).append(number)
    _b.held = living
    _b.room = 2 * len(living) + ROOM
    for number in dead:
        del seen[number]
