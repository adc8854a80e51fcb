"""Names for locks, queues and the like: the attribute or variable that holds them.

Whatever refers to them may be the program's: nothing here runs code of its classes.
"""

from __future__ import annotations

import gc
import queue
import re
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from inspect import CO_OPTIMIZED
from types import FrameType, MemberDescriptorType, ModuleType
from typing import Any

from pytest_concurrency._compat import LOCK, RLOCK
from pytest_concurrency._origins import runs_tests
from pytest_concurrency.runtime.effects import keys, shapes
from pytest_concurrency.runtime.effects.foreign import (
    as_written,
    class_name,
    is_derived,
    module_of,
    mro,
)
from pytest_concurrency.runtime.helpers.blocking.simple_queues import SIMPLE_QUEUE

_COUNTED = re.compile(r"Thread-\d+(?: \((.*)\))?|(ThreadPoolExecutor)-\d+_(\d+)", re.DOTALL)
"""Names that Python gives to threads: their numbers count through the process."""
AROUND = (
    threading.Condition,
    threading.Event,
    threading.Semaphore,
    threading.Barrier,
    queue.Queue,
    Future,
)
"""What the library makes of locks: these have no names of their own."""
_AROUND_OUTSIDE: dict[str, tuple[str, ...]] = {
    "multiprocessing.queues": ("Queue", "SimpleQueue"),
    "multiprocessing.sharedctypes": ("SynchronizedBase",),
    "multiprocessing.synchronize": ("SemLock", "Condition", "Event"),
}
"""The same between processes, by module, which a program that does without has not imported."""
_CARRIERS = ("concurrent.futures.thread", "concurrent.futures.process")
"""Where futures go through on their way: what they are called there the program has never said."""
_INSIDE = "@"
"""Whose the attributes of such an object are."""
_KINDS = {id(LOCK): "lock", id(RLOCK): "lock", id(SIMPLE_QUEUE): "queue"}
"""By type."""
_SAID = {"rlock": "lock", "semlock": "lock", "simplequeue": "queue"}
_WITH_LOCK = "multiprocessing.sharedctypes"
"""Where values are made that have a lock of their own."""


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


def names_of(
    objects: Sequence[object],
    frames: Iterable[FrameType] = (),
    labels: Mapping[int, str] | None = None,
) -> dict[int, str]:
    """Return a name for each object, by its ``id``; no two have the same, but for the lock inside a
    condition, an event or a queue, which is called by the name of that.

    ``frames`` are those of the program, whose variables give names, too: the first one that knows
    it does. ``labels`` are names, by ``id``, for what has no other. Asking the garbage collector
    who refers to something takes milliseconds, however much it is asked for: so for all at once.
    """
    wanted = {id(obj): obj for obj in objects}
    around = _around(wanted)
    frames = list(frames)
    holders = _holders(
        {**wanted, **{id(owner): owner for owner in around.values()}},
        # What lived before a fork the garbage collector may know nothing of (``gc.freeze``).
        {id(frame.f_globals): frame.f_globals for frame in frames},
    )
    named = {*wanted, *map(id, around.values())}
    for frame in frames:
        for name, value in _variables(frame):
            if id(value) in named:
                holders.setdefault(id(value), name)
    called = {**(labels or {}), **holders}
    names: dict[int, str] = {}
    shown: dict[int, str] = {}
    for key, inner in wanted.items():
        obj = inner if key in holders else around.get(key, inner)
        if id(obj) not in shown:
            kind = _kind_of(type(obj))
            base = f"{kind} {called.get(id(obj)) or called.get(key, '')}".rstrip()
            taken = [
                name for name in shown.values() if name == base or name.startswith(f"{base} (")
            ]
            shown[id(obj)] = f"{base} (no. {len(taken) + 1})" if taken else base
        names[key] = shown[id(obj)]
    return names


def _kind_of(cls: type) -> str:
    if module_of(cls) == _WITH_LOCK:
        return "lock"
    name = _KINDS.get(id(cls)) or class_name(cls).lower()
    return _SAID.get(name, name)


def around() -> tuple[type, ...]:
    """Return the classes of what the library makes of locks."""
    found = list(AROUND)
    for name, classes in _AROUND_OUTSIDE.items():
        module = sys.modules.get(name)
        found += [getattr(module, each) for each in classes if hasattr(module, each)]
    return tuple(found)


def _variables(frame: FrameType) -> list[tuple[str, object]]:
    """Return the variables of a function; what a class body or ``exec()`` keeps them in may be the
    program's."""
    variables: Any = frame.f_locals if frame.f_code.co_flags & CO_OPTIMIZED else {}
    return list(variables.items())


def _around(wanted: dict[int, object]) -> dict[int, object]:
    """Return the condition, event or queue of the library that a lock is inside of, the outermost
    one, by the lock's ``id``.
    """
    found: dict[int, object] = {}
    owners = _all_around()
    inner = wanted
    while inner:
        outer: dict[int, object] = {}
        for owner in owners:
            for _, value in _attributes(owner):
                if id(value) in inner:
                    found[id(value)] = outer[id(owner)] = owner
        inner = outer
    return {key: _outermost(found, key) for key in wanted if key in found}


def _all_around() -> list[object]:
    """Return all that the library makes of locks, which refer to their classes: to ask who refers
    to a lock, and then who to that, would go through everything twice as often.
    """
    bases = around()
    classes = list(bases)
    for cls in classes:
        classes += type.__subclasses__(cls)
    return [each for each in gc.get_referrers(*classes) if is_derived(type(each), bases)]


def _outermost(found: dict[int, object], key: int) -> object:
    owner = found[key]
    while id(owner) in found:
        owner = found[id(owner)]
    return owner


def _holders(wanted: dict[int, object], namespaces: Mapping[int, object]) -> dict[int, str]:
    """Return ``Class.attribute``, ``module.variable`` or else a variable's name, by ``id``;
    ``namespaces`` are looked at in any case.
    """
    referrers = [
        referrer
        for referrer in gc.get_referrers(*wanted.values())
        if referrer is not wanted and id(referrer) not in namespaces and not _is_no_holder(referrer)
    ]
    referrers += namespaces.values()
    owners = _owners([each for each in referrers if _is_dict(each)])
    owned: dict[int, str] = {}
    variables: dict[int, str] = {}
    for referrer in referrers:
        cls = type(referrer)
        parts = [] if cls is dict else [(class_name(cls), *each) for each in _attributes(referrer)]
        if _is_dict(referrer):
            parts += [(owners.get(id(referrer), ""), *each) for each in _items(referrer)]
        for owner, key, value in parts:
            if id(value) not in wanted or type(key) is not str or owner == _INSIDE:
                continue
            if owner:
                owned.setdefault(id(value), f"{owner}.{as_written(key)}")
            elif key != "self":
                variables.setdefault(id(value), key)
    return {**variables, **owned}


def _is_no_holder(referrer: object) -> bool:
    """Whether what ``referrer`` calls its parts says nothing: methods, wrappers, what is ours."""
    cls = type(referrer)
    module = module_of(cls)
    package = module.partition(".")[0] if type(module) is str else ""
    is_wrapper = package in ("builtins", "functools") and not _is_dict(referrer)
    is_wrapper = is_wrapper or module in _CARRIERS
    return is_wrapper or runs_tests(module) or is_derived(cls, around())


def _is_dict(obj: object) -> bool:
    return is_derived(type(obj), (dict,))


def _items(mapping: Any) -> list[tuple[Any, object]]:
    return list(dict.items(mapping))


def _owners(namespaces: Iterable[Any]) -> dict[int, str]:
    """Return whose attributes or globals the dicts are, by ``id``; not all are anybody's."""
    found = {}
    unknown = {}
    for namespace in namespaces:
        name = keys.item_of(namespace, "__name__")
        if type(name) is str and keys.item_of(namespace, "__builtins__") is not None:
            found[id(namespace)] = name
        else:
            unknown[id(namespace)] = namespace
    for owner in gc.get_referrers(*unknown.values()) if unknown else ():
        cls = type(owner)
        if issubclass(cls, type):
            # What a class shows of its namespace is not the namespace itself.
            mine = [id(each) for each in gc.get_referents(owner) if id(each) in unknown]
            found.update(dict.fromkeys(mine, class_name(owner)))
            continue
        key = id(shapes.attributes_of(owner))
        if key in unknown and not issubclass(cls, ModuleType):
            found.setdefault(key, _INSIDE if is_derived(cls, around()) else class_name(cls))
    return found


def _attributes(instance: object) -> Iterator[tuple[str, object]]:
    """Yield what an object's slots and ``__dict__`` hold, without running code of its class."""
    # Instances may refer to values directly, without a dict, until somebody asks for it.
    attributes = shapes.attributes_of(instance)
    if attributes is not None:
        yield from _items(attributes)
    for cls in mro(type(instance)) or ():
        for key, descriptor in list(shapes.namespace_of(cls).items()):
            if type(descriptor) is MemberDescriptorType:
                try:
                    yield key, descriptor.__get__(instance, cls)
                except AttributeError:
                    continue
