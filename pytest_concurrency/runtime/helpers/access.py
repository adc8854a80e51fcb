"""The calls that rewritten source makes right before it touches something that threads may share.

Each is a *scheduling point*: here the baton may go to another thread. Each returns the object that
the original expression named, so that the access itself happens in the caller's own frame: no frame
comes between a Python caller and a Python callee. While no execution is going on they cost a
function call and one test.

What they note is an event of the log (``trace/event.py``). Its object is known by a serial number
given when it is first seen: addresses are reused.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from functools import partial
from operator import contains as _contains
from typing import Any

from pytest_concurrency._compat import get_ident
from pytest_concurrency.runtime.effects import containers, keys, shapes
from pytest_concurrency.runtime.effects.foreign import module_of
from pytest_concurrency.runtime.effects.memory import ids_of
from pytest_concurrency.runtime.effects.namespaces import OWNERS, owner_of
from pytest_concurrency.runtime.helpers.blocking.point import pass_point, reach
from pytest_concurrency.runtime.helpers.blocking.stand_ins import stand_in_for
from pytest_concurrency.runtime.scheduler.baton import baton as _b
from pytest_concurrency.runtime.scheduler.identity import dropped, serial_of
from pytest_concurrency.runtime.trace.operations import USE, WRITE
from pytest_concurrency.runtime.trace.resource import WHOLE
from pytest_concurrency.runtime.trace.sites import SITES


def touch(site: int, target: object, obj: object, name: object, part: Any, op: str = "") -> None:
    """Pass the scheduling point before an access to ``part`` of ``target``, and note the access.

    ``op`` is what is done if it is not what the site says; ``obj`` and ``name`` are for whoever
    watches. Does nothing if the calling thread is not part of an execution.
    """
    current = _b.current
    if current is None or (current.ident != get_ident() and (current := _b.holder()) is None):
        if _b.amplifier is not None:
            _b.amplifier(site, target, obj, name, op or SITES[site].op)
        return
    if _b.left_out[site]:
        pass_point(site, id(target), part, op)
    else:
        reach(current, site, target, part, op, obj, name)


# -- attributes ------------------------------------------------------------------------
# Without touch(), because this is the hot path.


def attribute(obj: Any, name: str, site: int, op: str = "") -> Any:
    """Precede a load of ``obj.name``, a store to it or a delete of it; ``op`` as in ``touch``."""
    current = _b.current
    if current is None or (current.ident != get_ident() and (current := _b.holder()) is None):
        if _b.amplifier is not None:
            _b.amplifier(site, obj)
        return obj
    try:
        shape = shapes.SHAPES[id(type(obj))][name]
    except KeyError:
        shape = shapes.shape_of(type(obj), name)
    is_left_out = _b.left_out[site]
    # What holds a default is a matter of the event only; there is something that does.
    if shape is not shapes.DATA and not (is_left_out and shape is shapes.DEFAULT):
        return _other_attribute(obj, name, site, shape, op)
    if is_left_out:
        pass_point(site, id(obj))
    else:
        reach(current, site, obj, name, op, obj, name)
    return obj


def _other_attribute(obj: Any, name: str, site: int, shape: str, op: str) -> Any:
    """The same for one that is not just kept in the instance."""
    is_write = SITES[site].op == WRITE
    holder_of = shapes.written_to if is_write else shapes.read_from
    target = holder_of(obj, name, shape)
    if target is not None:
        touch(site, target, obj, name, name, op)
    return obj if is_write else stand_in_for(obj, site)


# -- items -----------------------------------------------------------------------------


def item(obj: Any, key: Any, site: int, written_by: str = "__setitem__") -> Any:
    """Precede a load, a store or a delete (by ``__delitem__``) of ``obj[key]``."""
    if _b.current is None:
        if _b.amplifier is not None:
            _b.amplifier(site, obj, obj, key)
        return obj
    kind = containers.CONTAINER_KINDS.get(id(type(obj)))
    if kind is None:
        kind = containers.container_kind(type(obj))
    if not kind and SITES[site].op == WRITE:
        kind = containers.kind_written(type(obj), written_by)
    if kind:
        target = owner_of(obj) if OWNERS else obj
        touch(site, target, target, key, part_of(obj, key, kind))
    elif type(obj) is memoryview:
        _touch_memory(site, obj, SITES[site].op, key)
    return obj


def place_of(container: Any, key: Any) -> Any:
    """Return which part of ``container`` ``container[key]`` is."""
    return part_of(container, key, kind_of(container))


def part_of(container: Any, key: Any, kind: str) -> Any:
    """The same for a container of that kind, whatever its class defines itself."""
    if kind is containers.MAPPING or kind is containers.OPAQUE:
        return key if id(type(key)) in shapes.PLAIN_KEYS else comparable(key)
    if type(key) is not int:
        return WHOLE
    return key if key >= 0 else key + len(container)


_SHOWN = ids_of([bytearray, array])


def _touch_memory(site: int, view: memoryview, op: str, key: Any = WHOLE) -> None:
    """Touch what a ``memoryview`` shows.

    Which part of it is known only of one that shows all: what is written through others is a use.
    """
    try:
        shown: Any = view.obj
    except ValueError:
        return  # released: the access itself is about to say so
    if not kind_of(shown):
        return
    is_item = type(key) is int and view.c_contiguous and _is_a_row_of_units(type(shown))
    unit = getattr(shown, "typecode", "B")
    if is_item and view.format == unit and len(view) == len(shown):
        touch(site, shown, shown, key, key if key >= 0 else key + len(shown), op)
    else:
        touch(site, shown, shown, WHOLE, WHOLE, USE if op == "write" else op)


def _is_a_row_of_units(cls: type) -> bool:
    return cls is bytearray or cls is array or module_of(cls) == "mmap"


def item_keep(obj: Any, key: Any, site: int, written_by: str = "__setitem__") -> Any:
    """Like ``item``, and keep ``key`` for the ``kept_key()`` that follows at once."""
    item(obj, key, site, written_by)
    _kept.setdefault(get_ident(), []).append(key)
    return obj


_kept: dict[int, list[Any]] = {}


def kept_key() -> Any:
    """Return the key that the ``item_keep`` before evaluated: it is evaluated once, as in the
    original."""
    return _kept[get_ident()].pop()


def comparable(key: Any) -> Any:
    """Return something that compares as the key does, without running code of the program under
    test."""
    return keys.comparable(key, _as_object)


def _as_object(key: object) -> Any:
    return WHOLE if _b.holder() is None else ("@", serial_of(key))


# -- containers as a whole --------------------------------------------------------------


def whole(obj: Any, site: int) -> Any:
    """Precede an operation that looks at all of ``obj`` if it is a container: iteration,
    ``len(obj)``."""
    if _b.current is None:
        if _b.amplifier is not None:
            _b.amplifier(site, obj)
        return obj
    kind = containers.KINDS_AS_WHOLE.get(id(type(obj)))
    if kind is None:
        kind = containers.kind_as_whole(type(obj))
    if kind:
        target = owner_of(obj) if OWNERS else obj
        touch(site, target, target, WHOLE, WHOLE)
    elif type(obj) is memoryview:
        _touch_memory(site, obj, "read")
    elif id(type(obj)) not in shapes.PLAIN_KEYS:  # of which nobody learns what is gone
        dropped()
    return obj


def kind_of(obj: object) -> str:
    """Return what kind of container ``obj`` is, as ``containers.container_kind`` does."""
    kind = containers.CONTAINER_KINDS.get(id(type(obj)))
    return containers.container_kind(type(obj)) if kind is None else kind


def has(obj: Any, key: Any, site: int) -> Any:
    """Precede ``key in obj``."""
    if _b.current is None or containers.kind_as_whole(type(obj)) is not containers.MAPPING:
        return whole(obj, site)
    target = owner_of(obj) if OWNERS else obj
    touch(site, target, target, key, comparable(key))
    return obj


def contains(key: Any, obj: Any, site: int) -> Callable[[], bool]:
    """Return ``key in obj``, ready to be called: for a ``key`` that must not be evaluated twice."""
    return partial(_contains, has(obj, key, site), key)


# -- globals and closure cells ----------------------------------------------------------


def get_global(namespace: dict[str, Any], name: str, site: int) -> None:
    """Precede a load of a global that some function of the module rebinds: ``get_global(...) or
    name``."""
    touch(site, namespace, namespace, name, name)


def set_global(value: Any, namespace: dict[str, Any], name: str, site: int) -> Any:
    """Wrap the value that is about to be stored in a global."""
    get_global(namespace, name, site)
    return value


def get_cell(closure: Any, site: int) -> None:
    """Precede a load of a closure cell that is rebound: ``get_cell(lambda: name, ...) or name``."""
    cell = closure.__closure__[0]
    name = SITES[site].name
    touch(site, cell, cell, name, name)


def set_cell(value: Any, closure: Any, site: int) -> Any:
    """Wrap the value that is about to be stored in a closure cell."""
    get_cell(closure, site)
    return value
