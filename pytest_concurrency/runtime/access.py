"""The calls that rewritten source makes right before it touches something that threads may share.

Each is a *scheduling point*: here the baton may go to another thread. Each returns the object that
the original expression named, so that the access itself happens in the caller's own frame: no frame
comes between a Python caller and a Python callee. While no execution is going on they cost a
function call and one test.

An event of the log is ``(task index, site number, serial of the object)``, with a fourth element,
the key, for items, and a fifth, what is done, for calls. The object is known by a serial number
given when it is first seen: addresses are reused.
"""

from __future__ import annotations

from _thread import get_ident
from array import array
from collections.abc import Callable, Sequence
from functools import partial
from operator import contains as _contains
from types import (
    BuiltinFunctionType,
    FunctionType,
    MethodDescriptorType,
    MethodWrapperType,
    WrapperDescriptorType,
)
from typing import Any
from weakref import ReferenceType

from pytest_concurrency.runtime import files, shapes
from pytest_concurrency.runtime.baton import baton as _b
from pytest_concurrency.runtime.foreign import USE, is_instrumented
from pytest_concurrency.runtime.namespaces import OWNERS, owner_of
from pytest_concurrency.runtime.operation import WHOLE, Operation
from pytest_concurrency.runtime.primitives import BOUND, SIMPLE_QUEUE, stand_in_for, sync_method
from pytest_concurrency.runtime.serials import serial_of
from pytest_concurrency.runtime.sites import SITES

FILE = "file"
"""Stands where other events have the serial of an object; the key is the file's path."""


def touch(site: int, target: object, obj: object, name: object, *rest: Any) -> None:
    """Pass the scheduling point before an access to a location of ``target``, and note the access.

    ``rest`` is what the event has besides (key, operation); ``obj`` and ``name`` are for whoever
    watches. Does nothing if the calling thread is not part of an execution.
    """
    current = _b.current
    if current is None or (current.ident != get_ident() and _b.holder() is None):
        if _b.amplifier is not None:
            _b.amplifier()
        return
    if _b.heat[site]:
        _b.budget = left = _b.budget - 1
    else:
        _b.cold = left = _b.cold - 1
    if left < 0:
        _b.consult(Operation(site, id(target), *rest))
    assert _b.current is not None
    serial = FILE if target is FILE else serial_of(target)
    event = (_b.current.index, site, serial, *rest)
    _b.log.append(event)
    if _b.observer is not None:
        _b.observer(event, obj, name)


# -- attributes ------------------------------------------------------------------------
# Written out, without touch(), because they are the hot path.


def get_attr(obj: Any, name: str, site: int) -> Any:
    """Precede a load of ``obj.name``."""
    current = _b.current
    if current is None or (current.ident != get_ident() and _b.holder() is None):
        if _b.amplifier is not None:
            _b.amplifier()
        return obj
    shape = shapes.SHAPES.get((type(obj), name))
    if shape is None:
        shape = shapes.shape_of(type(obj), name)
    if shape is not shapes.DATA:
        target = shapes.read_from(obj, name, shape)
        if target is not None:
            touch(site, target, obj, name)
        return stand_in_for(obj, site)
    if _b.heat[site]:
        _b.budget = left = _b.budget - 1
    else:
        _b.cold = left = _b.cold - 1
    if left < 0:
        _b.consult(Operation(site, id(obj)))
    entry = _b.seen.get(id(obj))
    serial = entry[1] if entry is not None and entry[0]() is obj else serial_of(obj)
    assert _b.current is not None
    event = (_b.current.index, site, serial)
    _b.log.append(event)
    if _b.observer is not None:
        _b.observer(event, obj, name)
    return obj


def set_attr(obj: Any, name: str, site: int) -> Any:
    """Precede a store to or a delete of ``obj.name``."""
    current = _b.current
    if current is None or (current.ident != get_ident() and _b.holder() is None):
        if _b.amplifier is not None:
            _b.amplifier()
        return obj
    shape = shapes.SHAPES.get((type(obj), name))
    if shape is None:
        shape = shapes.shape_of(type(obj), name)
    if shape is not shapes.DATA:
        target = shapes.written_to(obj, name, shape)
        if target is not None:
            touch(site, target, obj, name)
        return obj
    if _b.heat[site]:
        _b.budget = left = _b.budget - 1
    else:
        _b.cold = left = _b.cold - 1
    if left < 0:
        _b.consult(Operation(site, id(obj)))
    entry = _b.seen.get(id(obj))
    serial = entry[1] if entry is not None and entry[0]() is obj else serial_of(obj)
    assert _b.current is not None
    event = (_b.current.index, site, serial)
    _b.log.append(event)
    if _b.observer is not None:
        _b.observer(event, obj, name)
    return obj


def call_attr(obj: Any, name: str, site: int) -> Any:
    """Precede ``obj.name(...)`` where ``name`` is no method of a known container or primitive."""
    if _b.current is None:
        return obj
    shape = shapes.SHAPES.get((type(obj), name)) or shapes.shape_of(type(obj), name)
    if shape is shapes.CODE or shape is shapes.MODULE:
        return obj
    if shape is shapes.METHOD:
        touch(site, obj, obj, WHOLE, WHOLE, USE)
        return obj
    get_attr(obj, name, site)
    if shape is shapes.DATA:
        held = shapes.held(obj, name)
        if type(held) in METHODS_OF_C:
            note_method(site, held.__self__, held.__name__, ())
        else:
            look_up(site, held)
    return obj


def look_up(site: int, callee: object) -> None:
    """Pass the point before a call of ``callee`` if that is a weak reference: another thread may
    let go of its object."""
    if issubclass(type(callee), ReferenceType):
        touch(site, callee, callee, "", "", "call")


# -- items -----------------------------------------------------------------------------


def item(obj: Any, key: Any, site: int) -> Any:
    """Precede a load, a store or a delete of ``obj[key]``."""
    if _b.current is None:
        if _b.amplifier is not None:
            _b.amplifier()
        return obj
    kind = shapes.CONTAINER_KINDS.get(type(obj))
    if kind is None:
        kind = shapes.container_kind(type(obj))
    if kind:
        target = owner_of(obj) if OWNERS else obj
        touch(site, target, target, key, _part_of(obj, key, kind))
    elif type(obj) is memoryview:
        _touch_memory(site, obj, SITES[site].op, key)
    return obj


def place_of(container: Any, key: Any) -> Any:
    """Return which part of ``container`` ``container[key]`` is."""
    return _part_of(container, key, kind_of(container))


def _part_of(container: Any, key: Any, kind: str) -> Any:
    if kind is shapes.MAPPING or kind is shapes.OPAQUE:
        return key if type(key) in shapes.PLAIN_KEYS else _comparable(key)
    if type(key) is not int:
        return WHOLE
    return key if key >= 0 else key + len(container)


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
    is_item = type(key) is int and type(shown) in (bytearray, array)
    if (
        is_item
        and view.format in ("B", getattr(shown, "typecode", "B"))
        and len(view) == len(shown)
    ):
        touch(site, shown, shown, key, key if key >= 0 else key + len(shown), op)
    else:
        touch(site, shown, shown, WHOLE, WHOLE, USE if op == "write" else op)


def item_keep(obj: Any, key: Any, site: int) -> Any:
    """Like ``item``, and keep ``key`` for the ``kept_key()`` that follows at once."""
    item(obj, key, site)
    _kept.setdefault(get_ident(), []).append(key)
    return obj


_kept: dict[int, list[Any]] = {}


def kept_key() -> Any:
    """Return the key that the ``item_keep`` before evaluated: it is evaluated once, as in the
    original."""
    return _kept[get_ident()].pop()


def _comparable(key: Any) -> Any:
    """Return something that compares as the key does, without running code of the program under
    test."""
    if type(key) in shapes.PLAIN_KEYS:
        return key
    if type(key) is tuple:
        return tuple(_comparable(part) for part in key)
    if type(key) is slice:
        return ("slice", *map(_comparable, (key.start, key.stop, key.step)))
    plain = shapes.plain_value(key)
    if plain is not None:
        return plain
    return WHOLE if _b.holder() is None else ("@", serial_of(key))


# -- containers as a whole --------------------------------------------------------------


def whole(obj: Any, site: int) -> Any:
    """Precede an operation that looks at all of ``obj`` if it is a container: iteration,
    ``len(obj)``."""
    if _b.current is None:
        if _b.amplifier is not None:
            _b.amplifier()
        return obj
    kind = shapes.CONTAINER_KINDS.get(type(obj))
    if kind is None:
        kind = shapes.container_kind(type(obj))
    if kind:
        target = owner_of(obj) if OWNERS else obj
        touch(site, target, target, WHOLE, WHOLE)
    elif type(obj) is memoryview:
        _touch_memory(site, obj, "read")
    return obj


def kind_of(obj: object) -> str:
    """Return what kind of container ``obj`` is, as ``shapes.container_kind`` does."""
    kind = shapes.CONTAINER_KINDS.get(type(obj))
    return shapes.container_kind(type(obj)) if kind is None else kind


def has(obj: Any, key: Any, site: int) -> Any:
    """Precede ``key in obj``."""
    if _b.current is None or kind_of(obj) is not shapes.MAPPING:
        return whole(obj, site)
    target = owner_of(obj) if OWNERS else obj
    touch(site, target, target, key, _comparable(key))
    return obj


def contains(key: Any, obj: Any, site: int) -> Callable[[], bool]:
    """Return ``key in obj``, ready to be called: for a ``key`` that must not be evaluated twice."""
    return partial(_contains, has(obj, key, site), key)


# -- methods of containers and of synchronisation objects ------------------------------

NO_KEY = object()


def call_method(obj: Any, name: str, site: int, key: Any = NO_KEY) -> Any:
    """Precede ``obj.name(...)`` where evaluating the arguments touches nothing: the point comes
    right before the call."""
    if _b.current is None and _b.amplifier is None:
        return obj
    kind = shapes.method_kind(type(obj), name)
    if kind is None:
        return call_attr(obj, name, site)
    if type(obj) is SIMPLE_QUEUE:
        return stand_in_for(obj, site)
    _touch_by_method(site, kind, obj, name, () if key is NO_KEY else (key,), {})
    return obj


def method_owner(obj: Any, name: str, site: int) -> Any:
    """Precede the lookup of ``obj.name`` for ``ready``, which makes the point after the
    arguments."""
    if _b.current is None and _b.amplifier is None:
        return obj
    if shapes.method_kind(type(obj), name) is None:
        return call_attr(obj, name, site)
    return stand_in_for(obj, site) if type(obj) is SIMPLE_QUEUE else obj


METHODS_OF_C = (*BOUND, MethodWrapperType)
"""Types of bound methods, Python's own among them."""


def ready(callee: Any, site: int, /, *args: Any, **kwargs: Any) -> Any:
    """Return the call of ``callee`` with these arguments, ready to be made by the caller's own
    frame."""
    if _b.current is None:
        if _b.amplifier is not None:
            _b.amplifier()
    elif type(callee) in METHODS_OF_C:
        owner, name = callee.__self__, SITES[site].name
        kind = shapes.method_kind(type(owner), name)
        if kind is not None:
            _touch_by_method(site, kind, owner, name, args, kwargs)
    return prepared(callee, args, kwargs)


def ready_base(callee: Any, site: int, /, *args: Any, **kwargs: Any) -> Any:
    """Like ``ready``, for a method of a base class, called through ``super()`` or that class."""
    if _b.current is not None:
        owner = getattr(callee, "__self__", None) if type(callee) in METHODS_OF_C else None
        rest = args
        if owner is None and args and type(callee) in _METHODS_OF_CLASSES:
            owner, rest = args[0], args[1:]
        kind = shapes.kind_in_base(type(owner), SITES[site].name)
        if kind is not None and not is_instrumented(getattr(callee, "__func__", callee)):
            place = key = WHOLE
            if rest and SITES[site].name in shapes.KEYED:
                key, place = rest[0], _part_of(owner, rest[0], shapes.kind_by_bases(type(owner)))
            touch(site, owner, owner, key, place, kind)
    elif _b.amplifier is not None:
        _b.amplifier()
    return prepared(callee, args, kwargs)


_METHODS_OF_CLASSES = (FunctionType, MethodDescriptorType, WrapperDescriptorType)


def bound_method(callee: Any, site: int, *args: Any) -> Any:
    """Precede a call through a variable that holds a bound method; its arguments are variables,
    too.
    """
    if (_b.current is None and _b.amplifier is None) or type(callee) not in METHODS_OF_C:
        return callee
    managed = sync_method(callee, site)
    kind = shapes.method_kind(type(callee.__self__), callee.__name__)
    if managed is callee and kind is not None:
        _touch_by_method(site, kind, callee.__self__, callee.__name__, args, {})
    return managed


def note_method(site: int, obj: Any, name: str, args: Sequence[Any]) -> None:
    """Pass the point before ``obj.name(*args)`` if that is a method of a container, or foreign."""
    kind = shapes.method_kind(type(obj), name)
    if kind in ("read", "write", USE):
        _touch_by_method(site, str(kind), obj, name, tuple(args), {})


def ready_file(callee: Any, site: int, /, *args: Any, **kwargs: Any) -> Any:
    """Like ``ready``, for what is named like a function that opens, moves or removes files."""
    if _b.current is None:
        if _b.amplifier is not None:
            _b.amplifier()
    elif type(callee) in (BuiltinFunctionType, FunctionType):
        touch_files(site, files.effects(callee, args, kwargs))
    return prepared(callee, args, kwargs)


def prepared(callee: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return the call of ``callee`` ready to be made: in C, so that no frame comes between."""
    if kwargs:
        return partial(callee, *args, **kwargs) if callable(callee) else callee
    try:
        return partial(callee, *args)
    except TypeError:
        return callee  # calling it says in Python's own words that it cannot be called


def _touch_by_method(
    site: int, kind: str, obj: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    if kind is shapes.FILE:
        touch_files(site, files.method_effects(obj, name, args, kwargs))
        return
    place = key = WHOLE
    if args and name in shapes.KEYED and kind_of(obj) is shapes.MAPPING:
        key = args[0]
        place = key if type(key) in shapes.PLAIN_KEYS else _comparable(key)
    target = owner_of(obj) if OWNERS else obj
    touch(site, target, target, key, place, kind)


def touch_files(site: int, effects: Sequence[tuple[str, str]]) -> None:
    """Pass the point before each access to a file, which is known by its path."""
    for path, kind in effects:
        # A number, since names of temporary files differ from execution to execution.
        number = _b.files.setdefault(path, len(_b.files))
        touch(site, FILE, path, path, number, kind)


# -- globals and closure cells ----------------------------------------------------------


def get_global(namespace: dict[str, Any], name: str, site: int) -> None:
    """Precede a load of a global that some function of the module rebinds: ``get_global(...) or
    name``."""
    touch(site, namespace, namespace, name)


def set_global(value: Any, namespace: dict[str, Any], name: str, site: int) -> Any:
    """Wrap the value that is about to be stored in a global."""
    get_global(namespace, name, site)
    return value


def get_cell(closure: Any, site: int) -> None:
    """Precede a load of a closure cell that is rebound: ``get_cell(lambda: name, ...) or name``."""
    cell = closure.__closure__[0]
    touch(site, cell, cell, SITES[site].name)


def set_cell(value: Any, closure: Any, site: int) -> Any:
    """Wrap the value that is about to be stored in a closure cell."""
    get_cell(closure, site)
    return value


def location_key(event: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return what identifies the location of an event within its execution."""
    # An attribute and an item of one name are one location: obj.x is vars(obj)["x"], a global is an
    # item of globals().
    return (event[2], SITES[event[1]].name if len(event) == 3 else event[3])
