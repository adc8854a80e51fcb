"""Names for locks, queues and the like: the attribute or variable that holds them."""

from __future__ import annotations

import gc
import queue
import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from types import FrameType, MemberDescriptorType, ModuleType
from typing import Any

from pytest_concurrency.runtime.primitives import LOCK, RLOCK

_COUNTED = re.compile(r"Thread-\d+(?: \((.*)\))?|(ThreadPoolExecutor)-\d+_(\d+)", re.DOTALL)
"""Names that Python gives to threads: their numbers count through the process."""
_AROUND = (
    threading.Condition,
    threading.Event,
    threading.Semaphore,
    threading.Barrier,
    queue.Queue,
    Future,
)
"""What the library makes of locks: these have no names of their own."""
_INSIDE = "@"
"""Whose the attributes of such an object are."""
_KINDS: dict[type, str] = {LOCK: "lock", RLOCK: "lock"}


def given_name(name: str) -> str:
    """Return what a thread's name says besides a number that differs in each execution: the name
    that the program gave it, or that of its function; "" if it says nothing.
    """
    counted = _COUNTED.fullmatch(name)
    if counted is None:
        return name
    function, pool, worker = counted.groups()
    return f"{pool}_{worker}" if pool else function or ""


def thread_name(index: int, name: str) -> str:
    """Name a thread for a person: ``thread 2 (worker)``."""
    if index == 0:
        return "the main thread"
    spoken = f"thread {index}"
    given = given_name(name)
    return spoken if given in ("", spoken) else f"{spoken} ({given})"


def names_of(objects: Sequence[object], frames: Iterable[FrameType] = ()) -> dict[int, str]:
    """Return a name for each object, by its ``id``; no two have the same.

    The lock inside a condition, an event or a queue is called by the name of that; ``frames`` are
    those of the program, whose variables give names, too. Asking the garbage collector who refers
    to something takes milliseconds, however much it is asked for: so for all at once.
    """
    wanted = {id(obj): obj for obj in objects}
    around = _around(wanted)
    holders = _holders({**wanted, **{id(owner): owner for owner in around.values()}})
    named = {*wanted, *map(id, around.values())}
    for frame in frames:
        for name, value in list(frame.f_locals.items()):
            if id(value) in named:
                holders.setdefault(id(value), name)
    names: dict[int, str] = {}
    for key, inner in wanted.items():
        obj = inner if key in holders else around.get(key, inner)
        kind = _KINDS.get(type(obj), type(obj).__name__.lower())
        base = f"{kind} {holders.get(id(obj), '')}".rstrip()
        taken = sum(name == base or name.startswith(base + " (") for name in names.values())
        names[key] = f"{base} (no. {taken + 1})" if taken else base
    return names


def _around(wanted: dict[int, object]) -> dict[int, object]:
    """Return the condition, event or queue of the library that a lock is inside of, the outermost
    one, by the lock's ``id``.
    """
    found: dict[int, object] = {}
    inner = wanted
    while inner:
        outer: dict[int, object] = {}
        referrers = gc.get_referrers(*inner.values())
        namespaces = [each for each in referrers if type(each) is dict]
        for owner in (*referrers, *(gc.get_referrers(*namespaces) if namespaces else ())):
            if isinstance(owner, _AROUND):
                for _, value in _attributes(owner):
                    if id(value) in inner:
                        found[id(value)] = outer[id(owner)] = owner
        inner = outer
    return {key: _outermost(found, key) for key in wanted if key in found}


def _outermost(found: dict[int, object], key: int) -> object:
    owner = found[key]
    while id(owner) in found:
        owner = found[id(owner)]
    return owner


def _holders(wanted: dict[int, object]) -> dict[int, str]:
    """Return ``Class.attribute``, ``module.variable`` or else a variable's name, by ``id``."""
    referrers = [
        referrer
        for referrer in gc.get_referrers(*wanted.values())
        if referrer is not wanted and not _is_no_holder(referrer)
    ]
    owners = _owners([each for each in referrers if isinstance(each, dict)])
    owned: dict[int, str] = {}
    variables: dict[int, str] = {}
    for referrer in referrers:
        is_dict = isinstance(referrer, dict)
        for key, value in list(referrer.items()) if is_dict else _attributes(referrer):
            if id(value) not in wanted or not isinstance(key, str):
                continue
            owner = owners.get(id(referrer), "") if is_dict else type(referrer).__name__
            if owner == _INSIDE:
                continue
            if owner:
                owned.setdefault(id(value), f"{owner}.{key}")
            elif key != "self":
                variables.setdefault(id(value), key)
    return {**variables, **owned}


def _is_no_holder(referrer: object) -> bool:
    """Whether what ``referrer`` calls its parts says nothing: methods, wrappers, what is ours."""
    module = type(referrer).__module__
    is_wrapper = module in ("builtins", "functools") and not isinstance(referrer, dict)
    return is_wrapper or module.startswith("pytest_concurrency") or isinstance(referrer, _AROUND)


def _owners(namespaces: Iterable[dict[str, Any]]) -> dict[int, str]:
    """Return whose attributes or globals the dicts are, by ``id``; not all are anybody's."""
    found = {}
    unknown = {}
    for namespace in namespaces:
        if namespace.get("__name__") and "__builtins__" in namespace:
            found[id(namespace)] = str(namespace["__name__"])
        else:
            unknown[id(namespace)] = namespace
    for owner in gc.get_referrers(*unknown.values()) if unknown else ():
        key = id(getattr(owner, "__dict__", None))
        if key in unknown and not isinstance(owner, ModuleType):
            inside = isinstance(owner, _AROUND)
            found.setdefault(key, _INSIDE if inside else type(owner).__name__)
    return found


def _attributes(instance: object) -> Iterator[tuple[str, object]]:
    """Yield what an object's slots and ``__dict__`` hold, without running code of its class."""
    try:
        # Instances may refer to values directly, without a dict, until somebody asks for it.
        yield from list(object.__getattribute__(instance, "__dict__").items())
    except AttributeError:
        pass
    for cls in type(instance).__mro__:
        for key, descriptor in list(cls.__dict__.items()):
            if type(descriptor) is MemberDescriptorType:
                try:
                    yield key, descriptor.__get__(instance, cls)
                except AttributeError:
                    continue
