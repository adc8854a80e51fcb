"""Numbers for objects, in the order in which an execution first meets them."""

from __future__ import annotations

from itertools import repeat
from typing import Any
from weakref import ref

from pytest_concurrency.runtime.baton import baton as _b


def serial_of(obj: object) -> int:
    """Return the number of ``obj`` in this execution; it is never given to another object."""
    entry = _b.seen.get(id(obj))
    if entry is not None and entry[0]() is obj:
        return entry[1]
    _b.serials = serial = _b.serials + 1
    alive: Any
    try:
        # A weak reference: holding objects would change when their finalizers run.
        alive = ref(obj)
    except TypeError:
        alive = repeat(obj).__next__
    _b.seen[id(obj)] = (alive, serial)
    return serial
