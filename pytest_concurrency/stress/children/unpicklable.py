"""What cannot be sent to a process that is not forked, in the words of whoever wrote it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from functools import partial
from multiprocessing import context, reduction
from types import FunctionType, MethodType
from typing import Any, NamedTuple

from pytest_concurrency._origins import runs_tests
from pytest_concurrency.runtime.effects import shapes
from pytest_concurrency.runtime.effects.foreign import class_name
from pytest_concurrency.stress.children.in_child import in_one_line

_MOST_LEVELS = 20
_MOST_PARTS = 10_000
"""Parts of one object that are looked at."""


class _Part(NamedTuple):
    value: object
    place: str
    """What holds it, and how that calls it: ``Service._lock``; "" for no more than its holder."""


def why_not_sent(function: Any, problem: BaseException) -> str:
    """Say which part of a callable cannot be pickled, and why; ``problem`` is what it raised.

    To be called in the process that could not send it: the parts are pickled one by one.
    """
    if _is_ours(function) and issubclass(type(function.args[0]), threading.Thread):
        return "a thread that the test starts itself can only be a forked process"
    with _as_when_starting():
        for name, value in _fixtures_of(function):
            error = _refusal(value)
            if error is not None:
                return f"fixture `{name}`: {_innermost(value, error)}"
        callee = _callee_of(function)
        if _is_local(callee):
            return (
                f"{callee.__qualname__} is made inside of a function: a process that is not forked "
                f"finds functions by their names in modules ({in_one_line(problem)})"
            )
        return _innermost(function, problem)


def refusal_of(function: Any) -> str:
    """Say why a callable could not be sent to a process that is not forked; "" if it can."""
    with _as_when_starting():
        problem = _refusal(function)
    return "" if problem is None else why_not_sent(function, problem)


class _Starting:
    """Stands for the process that is being started: some objects may be pickled only then."""

    def duplicate_for_child(self, fd: int) -> int:
        """Take a descriptor."""
        return fd


@contextlib.contextmanager
def _as_when_starting() -> Iterator[None]:
    before = context.get_spawning_popen()
    starting: Any = _Starting()
    context.set_spawning_popen(starting)
    try:
        yield
    finally:
        context.set_spawning_popen(before)


def _fixtures_of(function: Any) -> Iterator[tuple[str, object]]:
    """Yield the arguments of a copy of a test, which are its fixtures."""
    if _is_ours(function) and len(function.args) > 1:
        yield from function.args[1].items()


def _is_ours(function: Any) -> bool:
    """Whether it is a copy of a test, or a thread of one, put together by the plugin."""
    return type(function) is partial and runs_tests(getattr(function.func, "__module__", None))


def _callee_of(function: Any) -> Any:
    while type(function) is partial:
        function = function.func
    return function.__func__ if type(function) is MethodType else function


def _is_local(callee: Any) -> bool:
    return type(callee) is FunctionType and "<locals>" in callee.__qualname__


def _refusal(value: object) -> BaseException | None:
    try:
        reduction.ForkingPickler.dumps(value)
    except Exception as error:
        return error
    return None


def _innermost(value: object, error: BaseException) -> str:
    """Return why the innermost part of ``value`` is refused that is, and where it is."""
    place, seen = "", {id(value)}
    for _ in range(_MOST_LEVELS):
        for part in _parts_of(value):
            if id(part.value) in seen or (refusal := _refusal(part.value)) is None:
                continue
            seen.add(id(part.value))
            value, error = part.value, refusal
            place = part.place or place
            break
        else:
            break
    told = str(error) if type(error) is TypeError else in_one_line(error)
    return f"{told} at {place}" if place else told


def _parts_of(value: Any) -> Iterator[_Part]:
    """Yield what an object holds, without running code of its class."""
    cls = type(value)
    if cls is partial:
        yield from (_Part(each, "") for each in (value.func, *value.args))
        yield from (_Part(each, name) for name, each in value.keywords.items())
    elif cls is MethodType:
        yield _Part(value.__self__, "")
    elif cls in (list, tuple, set, frozenset):
        yield from (_Part(each, "") for each in list(value)[:_MOST_PARTS])
    elif cls is dict:
        for key, each in list(value.items())[:_MOST_PARTS]:
            yield _Part(key, "")
            yield _Part(each, f"[{key!r}]" if type(key) in (str, int) else "")
    else:
        attributes = shapes.attributes_of(value) or {}
        for name, each in list(attributes.items())[:_MOST_PARTS]:
            yield _Part(each, f"{class_name(cls)}.{name}")
