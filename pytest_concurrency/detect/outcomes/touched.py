"""What several workers have touched that no callable of theirs holds: globals, class attributes."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Set
from typing import Any

from pytest_concurrency.detect.outcomes.description import is_state
from pytest_concurrency.runtime.effects import shapes
from pytest_concurrency.runtime.effects.foreign import (
    INSTRUMENTED_MODULES,
    class_name,
    module_of,
)
from pytest_concurrency.runtime.trace.event import Log, rows
from pytest_concurrency.runtime.trace.operations import ONLY_READ


def _shared(log: Log) -> dict[Any, set[Any]]:
    """Return what several workers have touched, one of them writing: resources, and which parts."""
    threads: dict[Any, dict[Any, set[int]]] = {}
    written: set[Any] = set()
    for thread, _, resource, part, op in rows(log):
        if thread and type(resource) is int and resource > 0:
            threads.setdefault(resource, {}).setdefault(part, set()).add(thread)
            if op not in ONLY_READ:
                written.add(resource)
    return {
        resource: set(parts)
        for resource, parts in threads.items()
        if resource in written and len(set().union(*parts.values())) > 1
    }


def kept_in_modules(
    log: Log, objects: Mapping[int, Any], names: Set[str]
) -> Iterator[tuple[str, Any]]:
    """Yield with its name what is in ``names``, or what several workers have touched: globals of
    the program's modules and attributes of their classes, and what these are bound to.
    """
    shared = _shared(log)
    wanted = {id(objects[n]) for n in shared if n in objects and is_state(objects[n])}
    bound = {(id(objects[n]), part) for n in shared if n in objects for part in shared[n]}
    if not names and not bound:
        return
    for name, holder, key, value in _globals():
        if name in names or id(value) in wanted or (id(holder), key) in bound:
            yield name, value


def _globals() -> Iterator[tuple[str, Any, str, Any]]:
    """Yield the globals of the program's modules and the attributes of their classes: the name,
    what holds it, its name there, and what it is.
    """
    for module in sorted(INSTRUMENTED_MODULES):
        namespace = getattr(sys.modules.get(module), "__dict__", {})
        for name, value in list(namespace.items()):
            yield f"{module}.{name}", namespace, name, value
            if issubclass(type(value), type) and module_of(value) == module:
                inside = shapes.namespace_of(value)
                for key in list(inside):
                    yield f"{class_name(value)}.{key}", value, key, inside[key]
