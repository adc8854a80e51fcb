"""What workers were given, by name: what the outcome of an execution is asked of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from threading import Thread
from types import CellType, FunctionType, MethodType
from typing import Any

from pytest_concurrency._compat import arguments_of, keywords_of, target_of
from pytest_concurrency.detect.outcomes.description import is_state
from pytest_concurrency.runtime.effects import keys
from pytest_concurrency.runtime.effects.foreign import class_name

Job = Callable[..., Any]
_DEEPEST = 3
"""Functions that are gone through, each held by the one before."""


def by_name(pairs: Iterable[tuple[str, object]]) -> dict[str, Any]:
    """Return what workers may share, each object once, under a name of its own."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if is_state(value) and all(value is not known for known in found.values()):
            found[_free(name, found)] = value
    return found


def _free(name: str, taken: Mapping[str, object]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name} {number}"
    return free


def held_by(job: Any) -> Iterator[tuple[str, Any]]:
    """Yield with its name what a callable holds: a method its object, a function what it finds
    around it, and its defaults.
    """
    kind = type(job)
    if kind is partial:
        yield from held_by(job.func)
        for value in job.args:
            yield class_name(type(value)), value
        yield from job.keywords.items()
    elif kind is MethodType:
        yield class_name(type(job.__self__)), job.__self__
    elif kind is FunctionType:
        yield from _held_by_function(job, [])
    else:
        yield class_name(kind), job


def _held_by_function(
    job: FunctionType, outer: Sequence[FunctionType]
) -> Iterator[tuple[str, Any]]:
    around = list(zip(job.__code__.co_freevars, map(_content, job.__closure__ or ()), strict=True))
    yield from around
    yield from _defaults(job)
    for name in job.__code__.co_names:
        yield name, keys.item_of(job.__globals__, name)
    for _, value in around:
        # A function of the test that it calls, with what that one finds around it.
        if type(value) is FunctionType and value not in outer and len(outer) < _DEEPEST:
            yield from _held_by_function(value, [*outer, job])


def _defaults(job: FunctionType) -> Iterator[tuple[str, Any]]:
    """Yield what parameters are if nothing else is given: ``lambda queue=queue: ...``."""
    defaults = job.__defaults__ or ()
    positional = job.__code__.co_varnames[: job.__code__.co_argcount]
    yield from zip(positional[len(positional) - len(defaults) :], defaults, strict=True)
    yield from (job.__kwdefaults__ or {}).items()


def _content(cell: CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:
        return None


def is_same_call(one: Any, other: Any) -> bool:
    """Whether two callables do the same with the same arguments."""
    if one is other:
        return True
    kind = type(one)
    if kind is not type(other):
        return False
    if kind is MethodType:
        return one.__self__ is other.__self__ and one.__func__ is other.__func__
    if kind is partial:
        mine, its = (*one.args, *one.keywords.values()), (*other.args, *other.keywords.values())
        return (
            list(one.keywords) == list(other.keywords)
            and len(mine) == len(its)
            and is_same_call(one.func, other.func)
            and all(a is b for a, b in zip(mine, its, strict=True))
        )
    return False


def what_runs(thread: Thread) -> Job:
    """Return what a thread is about to do, as a callable."""
    target = target_of(thread)
    if target is None:
        return thread.run
    return partial(target, *arguments_of(thread), **keywords_of(thread))


def addresses_in(job: Any) -> tuple[int, ...]:
    """Return what tells a callable from others while both are there, and holds nothing."""
    kind = type(job)
    if kind is partial:
        return (*addresses_in(job.func), *map(id, (*job.args, *job.keywords.values())))
    if kind is MethodType:
        return (id(job.__self__), id(job.__func__))
    return (id(job),)
