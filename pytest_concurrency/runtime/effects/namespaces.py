"""Whose ``__dict__`` a dictionary is: ``obj.x`` and ``vars(obj)["x"]`` are one location."""

from __future__ import annotations

import threading
from types import GetSetDescriptorType, ModuleType
from typing import Any
from weakref import ref

from pytest_concurrency.runtime.effects import shapes

OWNERS: dict[int, ref[Any]] = {}
"""By the identity of the dictionary: the object whose attributes it holds, if the program has asked
for it."""


def namespace_of(obj: Any) -> Any:
    """Precede ``vars(obj)`` and ``obj.__dict__``: whoever gets the dictionary may touch attributes
    through it."""
    cls = type(obj)
    # A module's attributes belong to its dictionary; those of a class cannot be set through one.
    if not issubclass(cls, (type, ModuleType, threading.local)):
        found = shapes.lookup(cls, "__dict__")
        # Those of a container are in the dictionary: it is not what has the items.
        if type(found) is GetSetDescriptorType and not shapes.is_container_in_c(cls):
            namespace = found.__get__(obj, cls)
            number = id(namespace)
            try:
                OWNERS[number] = ref(obj, lambda _: OWNERS.pop(number, None))
            except TypeError:
                pass  # no weak references: then they are two locations
    return obj


def owner_of(container: Any) -> Any:
    """Return the object whose attributes ``container`` holds; ``container`` if that is nobody's."""
    known = OWNERS.get(id(container))
    obj = None if known is None else known()
    if obj is None:
        return container
    found = shapes.lookup(type(obj), "__dict__")
    is_its = type(found) is GetSetDescriptorType and found.__get__(obj, type(obj)) is container
    return obj if is_its else container
