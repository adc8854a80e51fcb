"""What ``sys`` and ``threading`` call when something dies, and programs replace, break or delete.

The plugin's own threads start whatever the program has made of these hooks, and what one execution
leaves there is not found by the next one.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from operator import call, is_, itemgetter
from types import FunctionType, MethodType
from typing import Any, TypeAlias

Hooks: TypeAlias = tuple[tuple[dict[str, Any], str, Any], ...]
"""The namespace of a module, a name, and what is there."""

_PLACES = (
    (vars(sys), "excepthook"),
    (vars(sys), "unraisablehook"),
    (vars(threading), "excepthook"),
)
_DELETED: Any = object()
_LOOKS = tuple(partial(each.get, name, _DELETED) for each, name in _PLACES)
_hook = itemgetter(2)
_Thread = threading.Thread


def hooks() -> Hooks:
    """Return what is in place now."""
    return tuple((each, name, each.get(name, _DELETED)) for each, name in _PLACES)


def put_hooks(before: Hooks) -> None:
    """Bring back what was in place."""
    if all(map(is_, map(call, _LOOKS), map(_hook, before))):  # before each execution: in C
        return
    for namespace, name, hook in before:
        if hook is _DELETED:
            namespace.pop(name, None)
        else:
            namespace[name] = hook


@contextmanager
def usable_hooks() -> Iterator[None]:
    """Have some hook everywhere: without one no ``Thread`` can be made."""
    before = hooks()
    for namespace, name, hook in before:
        if hook is _DELETED or hook is None:
            namespace[name] = namespace[f"__{name}__"]
    try:
        yield
    finally:
        put_hooks(before)


@contextmanager
def not_told(kind: type[BaseException]) -> Iterator[None]:
    """Keep exceptions of ``kind`` from the hook for what cannot be raised.

    What the plugin unwinds a thread with may meet a finalizer or the callback of a weak reference,
    where the interpreter swallows it: that is no news of the program.
    """
    usual = vars(sys).get("unraisablehook") or sys.__unraisablehook__

    def unless_ours(told: Any) -> None:
        if not issubclass(told.exc_type, kind):
            usual(told)

    sys.unraisablehook = unless_ours
    try:
        yield
    finally:
        sys.unraisablehook = usual


def own_thread(
    target: Callable[..., object], name: str, args: tuple[Any, ...] = ()
) -> threading.Thread:
    """Return a daemon thread of the plugin's own, not yet started."""
    with usable_hooks():
        return _Thread(target=target, args=args, name=name, daemon=True)


def module_of(hook: Any) -> str:
    """Return where a function was written, without asking objects of the program."""
    if type(hook) is MethodType:
        hook = hook.__func__
    return str(hook.__module__) if type(hook) is FunctionType else ""
