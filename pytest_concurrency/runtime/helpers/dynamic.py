"""Accesses that only show while they happen: functions that touch what they are given, patterns,
calls through variables.

A function of the program that has the same name as a known one is left alone.
"""

from __future__ import annotations

import operator
from functools import partial
from types import FunctionType, MethodWrapperType, ModuleType
from typing import Any

from pytest_concurrency.runtime.effects import files, shapes
from pytest_concurrency.runtime.helpers import access, methods
from pytest_concurrency.runtime.helpers.functions import (
    GOING_THROUGH,
    HEAP_TYPE,
    READS_ITEM,
    SLOT_EFFECTS,
    Arguments,
    effect_of,
    touch_attribute,
)
from pytest_concurrency.runtime.helpers.methods import NO_KEY, bound_method, prepared
from pytest_concurrency.runtime.scheduler.baton import baton as _b


def note_effect(callee: Any, site: int, args: Arguments) -> None:
    """Pass the point before a call of a function that touches what it is given, or what the whole
    process shares; nothing if ``callee`` is none of those known.
    """
    if type(callee) is MethodWrapperType:
        effect, args = SLOT_EFFECTS.get(callee.__name__), (callee.__self__, *args)
    else:
        effect = effect_of(callee)
    if effect is not None:
        effect(site, args)


def ready_function(callee: Any, site: int, /, *args: Any, **kwargs: Any) -> Any:
    """Like ``ready``, for what is named like a function that touches what it is given: some are
    named like one that moves or copies files.
    """
    if _b.current is not None or _b.amplifier is not None:
        methods.touch_files(site, files.effects(callee, args, kwargs))
        note_effect(callee, site, args)
    return prepared(callee, args, kwargs)


def matched(subject: Any, site: int, pattern: tuple[Any, ...]) -> Any:
    """Precede the patterns that ``subject`` is matched with.

    ``pattern`` says what they read: what several do is ``("or", pattern, ...)``; a container as a
    whole, then what is in there, ``("items", (key, pattern), ...)``; attributes, then what they
    hold, ``("attributes", (name or position, pattern or None), ...)``.
    """
    if _b.current is None:
        if _b.amplifier is not None:
            _b.amplifier(site, subject)
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
    elif type(subject).__flags__ & HEAP_TYPE:
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
        if type(container) is list or type(container) is tuple:
            return container[key]
        return container.get(key) if type(container) is dict else None
    except (IndexError, TypeError):
        return None


# -- calls through variables -----------------------------------------------------------------


def called(callee: Any, site: int, first: Any = NO_KEY) -> Any:
    """Precede a call of what a variable, an item or a call gave, with ``first`` as its first
    argument; evaluating the others touches nothing."""
    if (_b.current is None and _b.amplifier is None) or _is_seen(callee):
        return callee
    return _before_call(callee, site, () if first is NO_KEY else (first,))


def ready_call(callee: Any, site: int, /, *args: Any, **kwargs: Any) -> Any:
    """Like ``called``, after the arguments: return the call ready to be made."""
    if (_b.current is not None or _b.amplifier is not None) and not _is_seen(callee):
        callee = _before_call(callee, site, args)
    return prepared(callee, args, kwargs)


def _is_seen(callee: Any) -> bool:
    """Whether it is a function or class of the program, as most are."""
    if type(callee) is type:
        return id(callee) not in GOING_THROUGH
    return type(callee) is FunctionType and not files.is_known(callee)


def _on_files(callee: Any, site: int, /, *args: Any, **kwargs: Any) -> Any:
    """Call a function on files, now that all of its arguments are known."""
    methods.touch_files(site, files.effects(callee, args, kwargs))
    return callee(*args, **kwargs)


def _before_call(callee: Any, site: int, args: Arguments) -> Any:
    kind = type(callee)
    if kind is partial:
        # What it calls, and with what, is decided already.
        managed = _before_call(callee.func, site, (*callee.args, *args))
        is_same = managed is callee.func
        return callee if is_same else partial(managed, *callee.args, **callee.keywords)
    if files.is_known(callee):
        return partial(_on_files, callee, site)
    if id(kind) in methods.METHODS_OF_C and type(callee.__self__) is not ModuleType:
        return bound_method(callee, site, *args)
    if kind is operator.attrgetter and args:
        _get_attributes(callee, site, args[0])
    elif kind is operator.itemgetter and args:
        for key in callee.__reduce__()[1]:
            READS_ITEM(site, (args[0], key))
    elif kind is operator.methodcaller and args:
        _, (name, *given) = callee.__reduce__()
        methods.note_method(site, args[0], name, given)
    else:
        methods.look_up(site, callee)
        note_effect(callee, site, args)
    return callee


def _get_attributes(getter: Any, site: int, obj: Any) -> None:
    for path in getter.__reduce__()[1]:
        # Further parts of a dotted path would have to be got, which may run code of the program.
        touch_attribute(site, obj, path.partition(".")[0], "read")
