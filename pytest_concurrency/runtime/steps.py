"""Loops: each step of one that goes through a container looks at that container again.

Another thread may change the container between two steps. What a loop gets instead of the container
gives the same items; it is made of C code, so no frame of ours comes between the loop and an
exception that a step raises. The point comes right after an item has been given: it stands for the
look at the container that the next step will be.
"""

from __future__ import annotations

import gc
import itertools
from array import array
from collections import OrderedDict, deque
from collections.abc import Iterable
from functools import partial
from itertools import chain, islice
from types import WrapperDescriptorType
from typing import Any, Final

from pytest_concurrency.runtime import shapes
from pytest_concurrency.runtime.access import touch, whole
from pytest_concurrency.runtime.baton import baton as _b
from pytest_concurrency.runtime.namespaces import OWNERS, owner_of
from pytest_concurrency.runtime.operation import WHOLE

_MOST = 32
"""Steps of a loop that are points; what happens between later ones happens between these, too."""

_EMPTY: Final[tuple[Any, ...]] = ([], {}, set(), deque(), bytearray(), array("b"), OrderedDict())
_MAPPINGS: Final[tuple[Any, ...]] = ({}, OrderedDict())
_VIEWS: Final = [view for each in _MAPPINGS for view in (each.keys(), each.values(), each.items())]
_DIRECT: Final[frozenset[type]] = frozenset(
    [
        *map(type, _VIEWS),
        *(type(iter(each)) for each in (*_EMPTY, *_VIEWS)),
        *(type(reversed(each)) for each in ([], deque(), *_MAPPINGS, *_VIEWS)),
    ]
)
"""Types of what refers to the container that it goes through."""
_THROUGH_OTHERS: Final[frozenset[type]] = frozenset(
    [enumerate, zip, map, filter, chain, islice, itertools.zip_longest, itertools.takewhile]
)
"""Types of iterators that go through other ones."""


def steps(obj: Any, site: int) -> Any:
    """Precede a loop over ``obj``; return what to go through instead."""
    whole(obj, site)
    is_iterator = type(obj) in _DIRECT and hasattr(type(obj), "__next__")
    return _stepwise(obj, site, (obj,) if is_iterator or type(obj) in _THROUGH_OTHERS else ())


def fresh_steps(obj: Any, site: int) -> Any:
    """Like ``steps``, where ``obj`` is an iterator that nobody else knows."""
    return _stepwise(obj, site, ())


def _stepwise(obj: Any, site: int, advanced: tuple[Any, ...]) -> Any:
    if _b.current is None and _b.amplifier is None:
        return obj
    containers = tuple(map(owner_of, _behind(obj)) if OWNERS else _behind(obj))
    if not containers and not advanced:
        return obj
    iterator = iter(obj)
    return chain(map(partial(_step, site, containers, advanced), islice(iterator, _MOST)), iterator)


def _step(site: int, containers: Iterable[Any], advanced: Iterable[Any], item: Any) -> Any:
    for container in containers:
        touch(site, container, container, WHOLE, WHOLE)
    for iterator in advanced:
        touch(site, iterator, iterator, WHOLE, WHOLE, "write")
    return item


def _behind(obj: Any) -> list[Any]:
    """Return the containers that a loop over ``obj`` goes through."""
    kind = type(obj)
    if kind in _DIRECT:
        return [part for part in gc.get_referents(obj) if _is_plain(type(part))][:1]
    if kind in _THROUGH_OTHERS:
        found = []
        for part in gc.get_referents(obj):
            for each in part if type(part) is tuple else (part,):
                if type(each) in _DIRECT or type(each) in _THROUGH_OTHERS:
                    found += _behind(each)
        return found
    return [obj] if _is_plain(kind) else []


def _is_plain(kind: type) -> bool:
    """Whether ``kind`` is one of containers that iterating goes through without Python code."""
    found = shapes.CONTAINER_KINDS.get(kind)
    if not (shapes.container_kind(kind) if found is None else found):
        return False
    return type(shapes.lookup(kind, "__iter__")) is WrapperDescriptorType
