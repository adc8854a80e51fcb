"""The calls that rewritten source makes right before it calls a method, or a function on files.

As in ``access``, each returns what the original expression named, or the call ready to be made.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from types import (
    FunctionType,
    MethodDescriptorType,
    MethodWrapperType,
    ModuleType,
    WrapperDescriptorType,
)
from typing import Any
from weakref import ReferenceType

from pytest_concurrency.runtime.effects import containers, files, shapes
from pytest_concurrency.runtime.effects.foreign import is_instrumented, is_use, mro
from pytest_concurrency.runtime.effects.memory import ids_of
from pytest_concurrency.runtime.effects.namespaces import OWNERS, owner_of
from pytest_concurrency.runtime.helpers.access import attribute, comparable, kind_of, part_of, touch
from pytest_concurrency.runtime.helpers.blocking.simple_queues import SIMPLE_QUEUE
from pytest_concurrency.runtime.helpers.blocking.stand_ins import BOUND, stand_in_for, sync_method
from pytest_concurrency.runtime.helpers.written_files import InSteps, is_in_steps, steps_of
from pytest_concurrency.runtime.scheduler.baton import baton as _b
from pytest_concurrency.runtime.scheduler.identity import COUNTING, before_counting, dropped
from pytest_concurrency.runtime.trace.operations import READ, USE
from pytest_concurrency.runtime.trace.resource import FILE, WHOLE
from pytest_concurrency.runtime.trace.sites import SITES


def call_attr(obj: Any, name: str, site: int) -> Any:
    """Precede ``obj.name(...)`` where ``name`` is no method of a known container or primitive."""
    if _b.current is None:
        if _b.amplifier is not None:
            _b.amplifier(site, obj)
        return obj
    try:  # written out: called before most methods
        shape = shapes.SHAPES[id(type(obj))][name]
    except KeyError:
        shape = shapes.shape_of(type(obj), name)
    if shape is shapes.CODE or shape is shapes.MODULE:
        if shape is shapes.MODULE and name in COUNTING:
            before_counting()
        elif _b.record.held and id(type(obj)) not in shapes.PLAIN_KEYS:
            dropped()
        return obj
    if shape is shapes.METHOD:
        touch(site, obj, obj, WHOLE, WHOLE, USE)
        return obj
    attribute(obj, name, site, READ)  # the site may be that of a call: ``obj`` might be a list
    if shape is shapes.DATA:
        held = shapes.held(obj, name)
        if id(type(held)) in METHODS_OF_C:
            note_method(site, held.__self__, held.__name__, ())
        else:
            look_up(site, held)
    return obj


def look_up(site: int, callee: object) -> None:
    """Pass the point before a call of ``callee`` if that is a weak reference: another thread may
    let go of its object."""
    if issubclass(type(callee), ReferenceType):
        _b.record.patience = 0  # whether the object is still there is about to be seen
        touch(site, callee, callee, "", "", "call")


NO_KEY = object()


def call_method(obj: Any, name: str, site: int, key: Any = NO_KEY) -> Any:
    """Precede ``obj.name(...)`` where evaluating the arguments touches nothing: the point comes
    right before the call."""
    if _b.current is None and _b.amplifier is None:
        return obj
    kind = containers.method_kind(type(obj), name)
    if kind is None:
        return call_attr(obj, name, site)
    if type(obj) is SIMPLE_QUEUE:
        return stand_in_for(obj, site)
    _touch_by_method(site, kind, obj, name, () if key is NO_KEY else (key,), {})
    return InSteps(obj, site) if kind is containers.FILE and is_in_steps(obj, name) else obj


def method_owner(obj: Any, name: str, site: int) -> Any:
    """Precede the lookup of ``obj.name`` for ``ready``, which makes the point after the
    arguments."""
    if _b.current is None and _b.amplifier is None:
        return obj
    if containers.method_kind(type(obj), name) is None:
        return call_attr(obj, name, site)
    return stand_in_for(obj, site) if type(obj) is SIMPLE_QUEUE else obj


METHODS_OF_C = BOUND | ids_of([MethodWrapperType])
"""Types of bound methods, Python's own among them."""


def ready(callee: Any, site: int, /, *args: Any, **kwargs: Any) -> Any:
    """Return the call of ``callee`` with these arguments, ready to be made by the caller's own
    frame."""
    if _b.current is None and _b.amplifier is None:
        return prepared(callee, args, kwargs)
    if id(type(callee)) in METHODS_OF_C:
        owner, name = callee.__self__, SITES[site].name
        kind = containers.method_kind(type(owner), name)
        if kind is not None:
            _touch_by_method(site, kind, owner, name, args, kwargs)
        if kind is containers.FILE and is_in_steps(owner, name):
            callee = steps_of(callee, owner, name, site)
    elif _b.current is None and _b.amplifier is not None:
        _b.amplifier(site, callee)
    return prepared(callee, args, kwargs)


def ready_base(callee: Any, site: int, /, *args: Any, **kwargs: Any) -> Any:
    """Like ``ready``, for a method of a base class, called through ``super()`` or that class."""
    if _b.current is not None:
        owner = getattr(callee, "__self__", None) if id(type(callee)) in METHODS_OF_C else None
        rest = args
        if owner is None and args and id(type(callee)) in _METHODS_OF_CLASSES:
            owner, rest = args[0], args[1:]
        name = SITES[site].name
        kind = containers.kind_in_base(type(owner), name) or _kind_above(type(owner), name)
        if kind is not None and not is_instrumented(getattr(callee, "__func__", callee)):
            place = key = WHOLE
            if rest and name in containers.KEYED:
                key, place = rest[0], part_of(owner, rest[0], containers.kind_by_bases(type(owner)))
            touch(site, owner, owner, key, place, kind)
    elif _b.amplifier is not None:
        _b.amplifier(site, callee)
    return prepared(callee, args, kwargs)


def _kind_above(cls: type, name: str) -> str | None:
    """Say whether the method that a base of ``cls`` has is a use."""
    for base in (mro(cls) or ())[1:]:
        if name in vars(base):
            return USE if is_use(base, name) else None
    return None


_METHODS_OF_CLASSES = ids_of([FunctionType, MethodDescriptorType, WrapperDescriptorType])


def bound_method(callee: Any, site: int, *args: Any) -> Any:
    """Precede a call through a variable that holds a bound method; its arguments are variables,
    too.
    """
    if (_b.current is None and _b.amplifier is None) or id(type(callee)) not in METHODS_OF_C:
        return callee
    if type(callee.__self__) is ModuleType and callee.__name__ in COUNTING:
        before_counting()
    managed = sync_method(callee, site)
    kind = containers.method_kind(type(callee.__self__), callee.__name__)
    if managed is callee and kind is not None:
        _touch_by_method(site, kind, callee.__self__, callee.__name__, args, {})
    return managed


def note_method(site: int, obj: Any, name: str, args: Sequence[Any]) -> None:
    """Pass the point before ``obj.name(*args)`` if that is a method of a container, or foreign."""
    kind = containers.method_kind(type(obj), name)
    if kind in ("read", "write", USE):
        _touch_by_method(site, str(kind), obj, name, tuple(args), {})


def note_call(site: int, callee: Any, args: Sequence[Any]) -> None:
    """The same for what is called without being seen: a bound method, or one that gets its object
    as first argument; or a ``partial`` of one.
    """
    if type(callee) is partial:
        note_call(site, callee.func, (*callee.args, *args))
    elif id(type(callee)) in METHODS_OF_C:
        note_method(site, callee.__self__, callee.__name__, args)
    elif type(callee) is MethodDescriptorType and args:
        note_method(site, args[0], callee.__name__, args[1:])


def noting(callee: Any, site: int) -> Any:
    """Return what passes the point before ``callee`` is called by code that is not instrumented, if
    it is a method that is not seen inside.
    """
    inner = callee
    while type(inner) is partial:
        inner = inner.func
    kind = type(inner)
    if kind is MethodDescriptorType or (
        id(kind) in METHODS_OF_C and containers.method_kind(type(inner.__self__), inner.__name__)
    ):
        return partial(_noted, callee, site)
    return callee


def given(function: Any, site: int) -> Any:
    """Precede what a function of C that is given ``function`` calls for each thing."""
    return function if _b.current is None else noting(function, site)


def _noted(callee: Any, site: int, /, *args: Any, **kwargs: Any) -> Any:
    note_call(site, callee, args)
    return callee(*args, **kwargs)


def ready_file(callee: Any, site: int, /, *args: Any, **kwargs: Any) -> Any:
    """Like ``ready``, for what is named like a function that opens, moves or removes files."""
    if _b.current is None and _b.amplifier is None:
        return prepared(callee, args, kwargs)
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
    if kind is containers.FILE:
        touch_files(site, files.method_effects(obj, name, args, kwargs))
        return
    place = key = WHOLE
    if args and name in containers.KEYED and _is_mapping(obj):
        key = args[0]
        place = key if id(type(key)) in shapes.PLAIN_KEYS else comparable(key)
    target = owner_of(obj) if OWNERS else obj
    touch(site, target, target, key, place, kind)


def _is_mapping(obj: object) -> bool:
    """Whether it has items by keys, although its class may define some of what asks for them."""
    kind = kind_of(obj) or containers.kind_by_bases(type(obj))
    return kind is containers.MAPPING


def touch_files(site: int, effects: Sequence[tuple[str, str]]) -> None:
    """Pass the point before each access to a file, which is known by its path. Who lists a folder
    looks at all of them.
    """
    for path, kind in effects:
        if kind == files.LISTS:
            touch(site, FILE, path, path, WHOLE, READ)
            continue
        # A number, since names of temporary files differ from execution to execution.
        number = _b.record.number_of_file(path)
        touch(site, FILE, path, path, number, kind)
