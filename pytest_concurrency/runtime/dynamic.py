"""Accesses that only show while they happen: ``getattr()`` and its kin, ``operator``, ``next()``,
calls through variables.

Built-in functions are known by identity, so a function of the program that has the same name is
left alone.
"""

from __future__ import annotations

import bisect
import heapq
import operator
import os
from collections.abc import Callable
from functools import partial
from types import (
    BuiltinFunctionType,
    FunctionType,
    MethodWrapperType,
    ModuleType,
    WrapperDescriptorType,
)
from typing import Any, Final

from pytest_concurrency.runtime import access, shapes
from pytest_concurrency.runtime.access import NO_KEY, bound_method, prepared, touch
from pytest_concurrency.runtime.baton import baton as _b
from pytest_concurrency.runtime.foreign import CURRENT_FOLDER, USE
from pytest_concurrency.runtime.namespaces import owner_of
from pytest_concurrency.runtime.operation import WHOLE
from pytest_concurrency.runtime.sites import SITES

Arguments = tuple[Any, ...]
Effect = Callable[[int, Arguments], None]


# -- what functions do -----------------------------------------------------------------------


def touch_attribute(site: int, obj: Any, name: object, op: str) -> None:
    """Pass the point before an access to attribute ``name`` of ``obj``."""
    if type(name) is not str:
        return
    shape = shapes.SHAPES.get((type(obj), name)) or shapes.shape_of(type(obj), name)
    target = obj
    if shape is not shapes.DATA:
        look = shapes.read_from if op == "read" else shapes.written_to
        target = look(obj, name, shape)
    if target is not None:
        touch(site, target, obj, name, name, op)


def _reads_attribute(site: int, args: Arguments) -> None:
    if len(args) > 1:
        touch_attribute(site, args[0], args[1], "read")


def _writes_attribute(site: int, args: Arguments) -> None:
    if len(args) > 1:
        touch_attribute(site, args[0], args[1], "write")


def _item(op: str) -> Effect:
    def effect(site: int, args: Arguments) -> None:
        if len(args) > 1 and access.kind_of(args[0]):
            place = access.place_of(args[0], args[1])
            target = owner_of(args[0])
            touch(site, target, target, args[1], place, op)

    return effect


def _contains(site: int, args: Arguments) -> None:
    kind = access.kind_of(args[0]) if len(args) > 1 else shapes.NO_CONTAINER
    if kind:
        target = owner_of(args[0])
        key = args[1] if kind is shapes.MAPPING else WHOLE
        place = access.place_of(args[0], key) if kind is shapes.MAPPING else WHOLE
        touch(site, target, target, key, place, "read")


def _whole(op: str) -> Effect:
    def effect(site: int, args: Arguments) -> None:
        if args and access.kind_of(args[0]):
            target = owner_of(args[0])
            touch(site, target, target, WHOLE, WHOLE, op)

    return effect


def _advances(site: int, args: Arguments) -> None:
    if args and type(shapes.lookup(type(args[0]), "__next__")) is WrapperDescriptorType:
        touch(site, args[0], args[0], WHOLE, WHOLE, "write")


def _environment(site: int, args: Arguments) -> None:
    _item("read")(site, (os.environ, *args))


def _current_folder(site: int, args: Arguments) -> None:
    touch(site, CURRENT_FOLDER, CURRENT_FOLDER, WHOLE, WHOLE, USE)


WRITTEN_BACK: Final[dict[int, int]] = {}
"""For ``obj.x += value`` and its like: by the site of the addition, that of the store."""


def _grows(site: int, args: Arguments) -> None:
    if args and access.kind_of(args[0]):
        if site in WRITTEN_BACK:
            # What is stored is the very container that is there already.
            SITES[WRITTEN_BACK[site]].idempotent = True
        _whole("write")(site, args)


def grown(obj: Any, method: str, site: int) -> Any:
    """Precede ``obj += value``, ``method`` being ``__iadd__``, where ``value`` is no container."""
    if _b.current is None or type(obj) in shapes.PLAIN_KEYS:
        return obj
    if access.kind_of(obj):
        _grows(site, (obj,))
    elif site in WRITTEN_BACK and shapes.lookup(type(obj), method) is not shapes.MISSING:
        SITES[WRITTEN_BACK[site]].idempotent = True
    return obj


_IN_PLACE = ("add", "and", "concat", "mul", "or", "sub", "xor")
_OPERATORS: Final[dict[object, Effect]] = {
    operator.getitem: _item("read"),
    operator.contains: _contains,
    operator.setitem: _item("write"),
    operator.delitem: _item("write"),
    operator.length_hint: _whole("read"),
    operator.countOf: _whole("read"),
    operator.indexOf: _whole("read"),
    operator.truth: _whole("read"),
    operator.not_: _whole("read"),
    **{getattr(operator, f"i{name}"): _grows for name in _IN_PLACE},
}
_ENDS = ("", "_left", "_right")
_OF_MODULES: Final[dict[ModuleType, dict[str, Effect]]] = {
    operator: {
        name: _OPERATORS[getattr(operator, name)]
        for name in operator.__all__
        if getattr(operator, name) in _OPERATORS
    },
    heapq: {name: _whole("write") for name in heapq.__all__ if name.startswith("heap")},
    bisect: {
        **dict.fromkeys([f"insort{end}" for end in _ENDS], _whole("write")),
        **dict.fromkeys([f"bisect{end}" for end in _ENDS], _whole("read")),
    },
    os: {"getenv": _environment, "chdir": _current_folder, "getcwd": _current_folder},
}
"""Functions that touch their first argument, or something that all share."""
_EFFECTS: Final[dict[object, Effect]] = {
    getattr: _reads_attribute,
    hasattr: _reads_attribute,
    setattr: _writes_attribute,
    delattr: _writes_attribute,
    object.__getattribute__: _reads_attribute,
    object.__setattr__: _writes_attribute,
    object.__delattr__: _writes_attribute,
    type.__setattr__: _writes_attribute,
    type.__delattr__: _writes_attribute,
    next: _advances,
    **{
        getattr(module, name): effect
        for module, effects in _OF_MODULES.items()
        for name, effect in effects.items()
    },
}
MODULE_OF: Final = {
    name: module.__name__ for module, effects in _OF_MODULES.items() for name in effects
}
"""Of functions that touch what they are given: where they come from."""
FUNCTION_NAMES: Final = frozenset(["getattr", "hasattr", "setattr", "delattr", "next", *MODULE_OF])
"""Functions that touch what they are given, as they are called after ``from ... import ...``,
too."""
SLOT_NAMES: Final = frozenset({"__setattr__", "__getattribute__", "__delattr__"})
"""Methods that classes call on ``object`` or ``super()`` within their own of the same name."""
_SLOT_EFFECTS: Final[dict[str, Effect]] = {
    name: _EFFECTS[object.__dict__[name]] for name in SLOT_NAMES
}


def _note_effect(callee: Any, site: int, args: Arguments) -> None:
    if type(callee) is MethodWrapperType:
        effect = _SLOT_EFFECTS.get(callee.__name__)
        if effect is not None:
            effect(site, (callee.__self__, *args))
    elif type(callee) in (BuiltinFunctionType, FunctionType, WrapperDescriptorType):
        effect = _EFFECTS.get(callee)
        if effect is not None:
            effect(site, args)


def ready_function(callee: Any, site: int, /, *args: Any, **kwargs: Any) -> Any:
    """Like ``ready``, for what is named like a function that touches what it is given."""
    if _b.current is None:
        if _b.amplifier is not None:
            _b.amplifier()
    elif not kwargs:
        _note_effect(callee, site, args)
    return prepared(callee, args, kwargs)


_HEAP_TYPE = 1 << 9
"""The flag of classes that are made while programs run."""


def matched(subject: Any, site: int, pattern: tuple[Any, ...]) -> Any:
    """Precede the patterns that ``subject`` is matched with.

    ``pattern`` says what they read: what several do is ``("or", pattern, ...)``; a container as a
    whole, then what is in there, ``("items", (key, pattern), ...)``; attributes, then what they
    hold, ``("attributes", (name or position, pattern or None), ...)``.
    """
    if _b.current is None:
        if _b.amplifier is not None:
            _b.amplifier()
    else:
        _touch_matched(subject, site, pattern)
    return subject


def _touch_matched(subject: Any, site: int, pattern: tuple[Any, ...]) -> None:
    kind, *parts = pattern
    if kind == "or":
        for part in parts:
            _touch_matched(subject, site, part)
    elif kind == "items":
        access.whole(subject, site)
        for key, inner in parts:
            item = _held_item(subject, key)
            if item is not None:
                _touch_matched(item, site, inner)
    elif type(subject).__flags__ & _HEAP_TYPE:
        names = shapes.lookup(type(subject), "__match_args__")
        for name, inner in parts:
            if type(name) is int:
                name = names[name] if type(names) is tuple and name < len(names) else None
            touch_attribute(site, subject, name, "read")
            item = shapes.held(subject, name) if inner is not None and name is not None else None
            if item is not None:
                _touch_matched(item, site, inner)


def _held_item(container: Any, key: Any) -> Any:
    """Return an item without running code of the program; None if there is none."""
    try:
        if type(container) in (list, tuple):
            return container[key]
        return container.get(key) if type(container) is dict else None
    except (IndexError, TypeError):
        return None


# -- calls through variables -----------------------------------------------------------------


def called(callee: Any, site: int, first: Any = NO_KEY) -> Any:
    """Precede a call of what a variable, an item or a call gave, with ``first`` as its first
    argument; evaluating the others touches nothing."""
    if (_b.current is None and _b.amplifier is None) or type(callee) in (FunctionType, type):
        return callee
    return _before_call(callee, site, () if first is NO_KEY else (first,))


def ready_call(callee: Any, site: int, /, *args: Any, **kwargs: Any) -> Any:
    """Like ``called``, after the arguments: return the call ready to be made."""
    if (_b.current is not None or _b.amplifier is not None) and type(callee) is not FunctionType:
        callee = _before_call(callee, site, args)
    return prepared(callee, args, kwargs)


def _before_call(callee: Any, site: int, args: Arguments) -> Any:
    kind = type(callee)
    if kind is partial:
        # What it calls, and with what, is decided already.
        managed = _before_call(callee.func, site, (*callee.args, *args))
        is_same = managed is callee.func
        return callee if is_same else partial(managed, *callee.args, **callee.keywords)
    if kind in access.METHODS_OF_C and type(callee.__self__) is not ModuleType:
        return bound_method(callee, site, *args)
    if kind is operator.attrgetter and args:
        _get_attributes(callee, site, args[0])
    elif kind is operator.itemgetter and args:
        for key in callee.__reduce__()[1]:
            _OPERATORS[operator.getitem](site, (args[0], key))
    elif kind is operator.methodcaller and args:
        _, (name, *given) = callee.__reduce__()
        access.note_method(site, args[0], name, given)
    else:
        access.look_up(site, callee)
        _note_effect(callee, site, args)
    return callee


def _get_attributes(getter: Any, site: int, obj: Any) -> None:
    for path in getter.__reduce__()[1]:
        # Further parts of a dotted path would have to be got, which may run code of the program.
        touch_attribute(site, obj, path.partition(".")[0], "read")
