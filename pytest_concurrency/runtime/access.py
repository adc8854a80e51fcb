"""The calls that rewritten source makes right before it touches something that threads may share.

Each is a *scheduling point*: here the baton may go to another thread. Each returns the object that the original
expression named, so that the access itself happens in the caller's own frame: no frame comes between a Python caller
and a Python callee. While no execution is going on they cost a function call and one test.

An event of the log is ``(task index, site number, serial of the object)``, with a fourth element, the key,
for items. The object is known by a serial number given when it is first seen: addresses are reused.
"""

from __future__ import annotations

from _thread import get_ident
from types import ModuleType
from typing import Any

from pytest_concurrency.runtime import shapes
from pytest_concurrency.runtime.baton import baton as _b
from pytest_concurrency.runtime.primitives import SIMPLE_QUEUE, stand_in_for
from pytest_concurrency.runtime.serials import serial_of
from pytest_concurrency.runtime.sites import SITES

WHOLE = "*"
"""The key of an access to a container as a whole."""


def _managed() -> bool:
    """Count down to the next decision; False if the calling thread is not part of an execution."""
    current = _b.current
    if current is None or (current.ident != get_ident() and _b.holder() is None):
        if _b.amplifier is not None:
            _b.amplifier()
        return False
    _b.budget = left = _b.budget - 1
    if left < 0:
        _b.consult()
    return True


# The attribute helpers are written out, without _managed(), because they are the hot path.


def get_attr(obj: Any, name: str, site: int) -> Any:
    """Precede a load of ``obj.name``."""
    current = _b.current
    if current is None or (current.ident != get_ident() and _b.holder() is None):
        if _b.amplifier is not None:
            _b.amplifier()
        return obj
    shape = shapes.SHAPES.get((type(obj), name))
    if shape is None:
        shape = shapes.shape_of(obj, name)
    if shape is not shapes.DATA:
        return _get_unusual(obj, name, site, shape)
    _b.budget = left = _b.budget - 1
    if left < 0:
        _b.consult()
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
    if shapes.is_property(type(obj), name):
        return obj
    _b.budget = left = _b.budget - 1
    if left < 0:
        _b.consult()
    target = obj.__dict__ if type(obj) is ModuleType else obj
    entry = _b.seen.get(id(target))
    serial = entry[1] if entry is not None and entry[0]() is target else serial_of(target)
    assert _b.current is not None
    event = (_b.current.index, site, serial)
    _b.log.append(event)
    if _b.observer is not None:
        _b.observer(event, obj, name)
    return obj


def _get_unusual(obj: Any, name: str, site: int, shape: object) -> Any:
    if shape is shapes.CODE:
        return obj
    if shape is shapes.MODULE:
        if not shapes.is_shared_global(obj, name):
            return obj
        target: Any = obj.__dict__
    elif shape is shapes.CLASS:
        target = shapes.owner_in_class(obj, name)
        if target is None:
            return obj
    else:
        target = shapes.owner_of_default(obj, name)
    _point(target, site, obj, name)
    return obj


def _point(target: object, site: int, obj: object, name: object) -> None:
    _b.budget = left = _b.budget - 1
    if left < 0:
        _b.consult()
    assert _b.current is not None
    event = (_b.current.index, site, serial_of(target))
    _b.log.append(event)
    if _b.observer is not None:
        _b.observer(event, obj, name)


def call_attr(obj: Any, name: str, site: int) -> Any:
    """Precede ``obj.name(...)`` where ``name`` is no method of a known container or primitive."""
    current = _b.current
    if current is None or type(obj) is ModuleType:
        return obj
    if shapes.is_method(type(obj), name):
        return obj
    return get_attr(obj, name, site)


# -- items ---------------------------------------------------------------------------


def item(obj: Any, key: Any, site: int) -> Any:
    """Precede a load, a store or a delete of ``obj[key]``."""
    if _managed():
        _record_item(obj, key, site)
    return obj


def item_keep(obj: Any, key: Any, site: int) -> Any:
    """Like ``item``, and keep ``key`` for the ``kept_key()`` that follows at once."""
    if _managed():
        _record_item(obj, key, site)
    _kept.setdefault(get_ident(), []).append(key)
    return obj


_kept: dict[int, list[Any]] = {}


def kept_key() -> Any:
    """Return the key that the ``item_keep`` before evaluated: it is evaluated once, as in the original."""
    return _kept[get_ident()].pop()


def _record_item(obj: Any, key: Any, site: int) -> None:
    assert _b.current is not None
    # Asked per type: instances of classes with their own __getitem__ are seen inside that method.
    if not shapes.is_container(type(obj)):
        return
    if obj.__class__ is list or isinstance(obj, list):
        key = key if type(key) is int else WHOLE
        if type(key) is int and key < 0:
            key += len(obj)
    elif type(key) not in shapes.PLAIN_KEYS:
        key = ("@", serial_of(key))
    event = (_b.current.index, site, serial_of(obj), key)
    _b.log.append(event)
    if _b.observer is not None:
        _b.observer(event, obj, key)


# -- methods of containers and of synchronisation objects ----------------------------

NO_KEY = object()


def call_method(obj: Any, name: str, site: int, key: Any = NO_KEY) -> Any:
    """Precede ``obj.name(...)`` where all arguments are plain: the point comes right before the call."""
    if _b.current is None and _b.amplifier is None:
        return obj
    kind = shapes.method_kind(type(obj), name)
    if kind is None:
        return call_attr(obj, name, site)
    if type(obj) is SIMPLE_QUEUE:
        return stand_in_for(obj, site)
    if _managed():
        _record_method(obj, name, site, key, kind)
    return obj


def call_method_then(obj: Any, name: str, site: int) -> Any:
    """Precede ``obj.name(...)`` whose arguments are not plain: the point is left to ``then``."""
    if _b.current is not None and _b.holder() is not None:
        kind = shapes.method_kind(type(obj), name)
        if kind is None:
            return call_attr(obj, name, site)
        if type(obj) is SIMPLE_QUEUE:
            return stand_in_for(obj, site)
        _pending.setdefault(get_ident(), []).append((site, obj, name, kind))
    return obj


_pending: dict[int, list[tuple[int, Any, str, str]]] = {}


def then(value: Any, site: int, is_key: bool) -> Any:
    """Follow the last argument that is not plain: the point of the ``call_method_then`` before."""
    if _b.current is None:
        if _b.amplifier is not None:
            _b.amplifier()
        return value
    stack = _pending.get(get_ident())
    while stack:
        pending_site, obj, name, kind = stack.pop()
        # Entries above ours were left by calls whose arguments raised.
        if pending_site == site:
            if _managed():
                _record_method(obj, name, site, value if is_key else NO_KEY, kind)
            break
    return value


def _record_method(obj: Any, name: str, site: int, key: Any, kind: str) -> None:
    assert _b.current is not None
    if name in shapes.KEYED and isinstance(obj, dict) and key is not NO_KEY:
        key = key if type(key) in shapes.PLAIN_KEYS else ("@", serial_of(key))
    else:
        key = WHOLE
    event = (_b.current.index, site, serial_of(obj), key, kind)
    _b.log.append(event)
    if _b.observer is not None:
        _b.observer(event, obj, key)


# -- globals -------------------------------------------------------------------------


def get_global(namespace: dict[str, Any], name: str, site: int) -> None:
    """Precede a load of a global that some function of the module rebinds: ``get_global(...) or name``."""
    if _managed():
        _record_global(namespace, name, site)


def set_global(namespace: dict[str, Any], value: Any, name: str, site: int) -> Any:
    """Wrap the value that is about to be stored in a global."""
    if _managed():
        _record_global(namespace, name, site)
    return value


def _record_global(namespace: dict[str, Any], name: str, site: int) -> None:
    assert _b.current is not None
    event = (_b.current.index, site, serial_of(namespace))
    _b.log.append(event)
    if _b.observer is not None:
        _b.observer(event, namespace, name)


def location_key(event: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return what identifies the location of an event within its execution."""
    if len(event) == 3:
        return (event[2], SITES[event[1]].name)
    return (event[2], "[]", event[3])
