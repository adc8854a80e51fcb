"""What several workers have touched that no callable of theirs holds: globals, class attributes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Set
from typing import Any

from pytest_concurrency.detect.outcomes.description import is_state
from pytest_concurrency.runtime.effects import shapes
from pytest_concurrency.runtime.effects.foreign import (
    INSTRUMENTED_MODULES,
    class_name,
    module_of,
)
from pytest_concurrency.runtime.trace.event import Log, but_for_site
from pytest_concurrency.runtime.trace.operations import ONLY_READ


def _shared(log: Log) -> dict[int, set[Any]]:
    """Return what several workers have touched, one of them writing: resources, and which parts."""
    threads: dict[int, set[int]] = {}
    parts: dict[int, set[Any]] = {}
    written: set[int] = set()
    for thread, resource, part, op in set(map(but_for_site, log)):
        if thread and type(resource) is int and resource > 0:
            threads.setdefault(resource, set()).add(thread)
            parts.setdefault(resource, set()).add(part)
            if op not in ONLY_READ:
                written.add(resource)
    return {r: parts[r] for r, by in threads.items() if len(by) > 1 and r in written}


def kept_in_modules(
    log: Log, objects: Mapping[int, Any], names: Set[str], is_known: Callable[[object], bool]
) -> Iterator[tuple[str, Any]]:
    """Yield with its name what is in ``names``, or what several workers have touched, unless it
    ``is_known``: globals of the program's modules and attributes of their classes, and what these
    are bound to.
    """
    shared = [(objects[n], parts) for n, parts in _shared(log).items() if n in objects]
    wanted = {id(obj) for obj, _ in shared if is_state(obj) and not is_known(obj)}
    bound = {(id(obj), part) for obj, parts in shared if _may_be_global(obj) for part in parts}
    if not wanted and not bound and not any("." in name for name in names):
        return  # in most executions: large programs have tens of thousands of globals
    for name, holder, key, value in _globals():
        if name in names or id(value) in wanted or (id(holder), key) in bound:
            yield name, value


def _may_be_global(holder: object) -> bool:
    """Whether it may be the namespace of a module, or a class."""
    return issubclass(type(holder), (dict, type))


def _globals() -> Iterator[tuple[str, Any, str, Any]]:
    """Yield the globals of the program's modules and the attributes of their classes: the name,
    which has a dot, what holds it, its name there, and what it is.
    """
    for module in sorted(INSTRUMENTED_MODULES):
        namespace = getattr(sys.modules.get(module), "__dict__", {})
        for name, value in list(namespace.items()):
            yield f"{module}.{name}", namespace, name, value
            if issubclass(type(value), type) and module_of(value) == module:
                inside = shapes.namespace_of(value)
                for key in list(inside):
                    yield f"{class_name(value)}.{key}", value, key, inside[key]
