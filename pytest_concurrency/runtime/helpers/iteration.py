"""Loops: each step of one that goes through a container looks at that container again.

Another thread may change the container between two steps. What a loop gets instead of the container
gives the same items; it is made of C code, so no frame of ours comes between the loop and an
exception that a step raises. The point comes right after an item has been given: it stands for the
look at the container that the next step will be.
"""

from __future__ import annotations

import itertools
from array import array
from collections import OrderedDict, deque
from collections.abc import Iterator, Sequence
from functools import partial
from gc import get_referents
from itertools import chain, islice, repeat
from types import MappingProxyType
from typing import Any, Final

from pytest_concurrency._compat import get_ident, getframe
from pytest_concurrency.runtime.effects import containers
from pytest_concurrency.runtime.effects.memory import ids_of
from pytest_concurrency.runtime.effects.namespaces import OWNERS, owner_of
from pytest_concurrency.runtime.helpers.access import touch, whole
from pytest_concurrency.runtime.helpers.blocking.point import pass_point
from pytest_concurrency.runtime.scheduler.baton import baton as _b
from pytest_concurrency.runtime.scheduler.identity import let_go
from pytest_concurrency.runtime.trace.operations import LOOK, STEP, USE
from pytest_concurrency.runtime.trace.resource import WHOLE

_MOST = 16
"""Steps of a loop that are points; what happens between later ones happens between these, too."""

_EMPTY: Final[tuple[Any, ...]] = ([], {}, set(), deque(), bytearray(), array("b"), OrderedDict())
_MAPPINGS: Final[tuple[Any, ...]] = ({}, OrderedDict())
_VIEWS: Final = [view for each in _MAPPINGS for view in (each.keys(), each.values(), each.items())]
_ON_CONTAINERS: Final[tuple[type, ...]] = (
    *(type(iter(each)) for each in (*_EMPTY, *_VIEWS)),
    *(type(reversed(each)) for each in ([], deque(), *_MAPPINGS, *_VIEWS)),
)
_DIRECT: Final = ids_of([MappingProxyType, *map(type, _VIEWS), *_ON_CONTAINERS])
"""Types of what refers to the container that it goes through."""
_THROUGH_OTHERS: Final = ids_of(
    [enumerate, zip, map, filter, chain, islice, itertools.zip_longest, itertools.takewhile]
)
"""Types of iterators that go through other ones."""
_ITERATORS: Final = _THROUGH_OTHERS | ids_of(_ON_CONTAINERS)


def steps(obj: Any, site: int) -> Any:
    """Precede a loop over ``obj``; return what to go through instead."""
    if _b.current is None:
        if _b.amplifier is None:
            return obj
    elif type(obj) is list and _b.left_out[site]:
        return _counted_steps(obj, site)
    containers = _behind(obj)
    is_iterator = id(type(obj)) in _ITERATORS
    if not containers and not is_iterator:
        return whole(obj, site)
    return _stepwise(obj, site, containers, (obj,) if is_iterator else ())


def fresh_steps(obj: Any, site: int) -> Any:
    """Like ``steps``, where ``obj`` is an iterator that nobody else knows."""
    if _b.current is None and _b.amplifier is None:
        return obj
    containers = _behind(obj)
    return _stepwise(obj, site, containers, ()) if containers else obj


def _counted_steps(obj: list[Any], site: int) -> Any:
    """The same where a loop through a list leaves no events, as most loops of long executions."""
    touch(site, obj, obj, WHOLE, WHOLE)
    if not obj:
        return obj
    iterator = iter(obj)
    step = partial(_step, site, id(obj), 0)
    return chain(map(step, repeat(None, _MOST), iterator), iterator)


def _stepwise(obj: Any, site: int, containers: Sequence[Any], advanced: Sequence[Any]) -> Any:
    for container in containers:
        touch(site, container, container, WHOLE, WHOLE)
    for iterator in advanced:
        touch(site, iterator, iterator, WHOLE, WHOLE, "write")
    iterator = iter(obj)
    target = id((*containers, *advanced)[0])  # by number: the iterator itself refers to it
    entry = _b.record.seen.get(target)
    serial = 0 if entry is None else entry[1]
    looks: Iterator[None] = repeat(None, _MOST)
    if _b.current is None or not _b.left_out[site]:
        looks = map(partial(_look, site, serial), looks)
    return chain(map(partial(_step, site, target, serial), looks, iterator), iterator)


def _look(site: int, serial: int, _: None) -> None:
    """Note that a step looks: it may find an item, the end, or that things have changed."""
    current = _b.current
    if current is not None and current.ident == get_ident() and not _b.left_out[site]:
        _b.record.noted.append((len(_b.record.log), current.index, site, serial, WHOLE, LOOK))


def _step(site: int, target: int, serial: int, _: None, item: Any) -> Any:
    """Pass a point. The log has the look with which the loop began, which says who looks where; the
    step is noted apart.
    """
    current = _b.current
    if current is None or (current.ident != get_ident() and (current := _b.holder()) is None):
        if _b.amplifier is not None:
            _b.amplifier(site, target)
        return item
    if _b.record.held:
        let_go()
    pass_point(site, target, WHOLE, STEP)
    if not _b.left_out[site]:
        _b.record.noted.append((len(_b.record.log), current.index, site, serial, WHOLE, STEP))
    return item


class _Generator:
    """Stands for a generator of the program, which cannot be had from its frame."""

    __slots__ = ("__weakref__",)


def started(site: int) -> None:
    """Pass a point in a generator that has just been asked for its first item."""
    if _b.current is None:
        if _b.amplifier is not None:
            _b.amplifier(site, None)
    elif _b.holder() is not None:
        # An address is a frame's only as long as it lives, but each one starts here.
        generator = _b.record.generators[id(getframe(1))] = _Generator()
        touch(site, generator, generator, "", "", USE)


def resumed(sent: Any, site: int) -> Any:
    """Pass a point in a generator that has just been told to go on. Whoever asks it for an item
    while another thread is here gets a ``ValueError``."""
    if _b.current is not None:
        generator = _b.record.generators.get(id(getframe(1)))
        if generator is not None:
            touch(site, generator, generator, "", "", USE)
    elif _b.amplifier is not None:
        _b.amplifier(site, sent)
    return sent


def _behind(obj: Any) -> Sequence[Any]:
    """Return the containers that a loop over ``obj`` goes through."""
    found = _parts_behind(obj)
    return list(map(owner_of, found)) if OWNERS else found


def _parts_behind(obj: Any) -> Sequence[Any]:
    kind = id(type(obj))
    if kind in _THROUGH_OTHERS:
        found: list[Any] = []
        for part in get_referents(obj):
            # Never by going through a tuple of theirs: it may have places with nothing in them.
            for each in get_referents(part) if type(part) is tuple else (part,):
                if id(type(each)) in _DIRECT or id(type(each)) in _THROUGH_OTHERS:
                    found += _parts_behind(each)
        return found
    if kind in _DIRECT:
        return [part for part in get_referents(obj) if containers.is_plain(type(part))][:1]
    return (obj,) if containers.is_plain(type(obj)) else ()
