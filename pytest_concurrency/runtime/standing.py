"""Where every thread of an execution stands: what it waits for, what it holds, which line it is
at.
"""

from __future__ import annotations

import gc
import linecache
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType, MemberDescriptorType, ModuleType
from typing import Any

from pytest_concurrency.model import Site, ThreadState
from pytest_concurrency.runtime.baton import baton as _b
from pytest_concurrency.runtime.primitives import LOCK, RLOCK, Waiting
from pytest_concurrency.runtime.state import State
from pytest_concurrency.runtime.task import Group, Task, task_of

_OWN = str(Path(__file__).resolve().parent.parent)
_LIBRARY = str(Path(threading.__file__).parent)
_RUNNER = {"_pytest", "pluggy", "pytest"}
"""Packages whose frames are below every test."""
_FORGOTTEN = 2
"""References to a lock that only the baton knows: the baton's own, and that to the argument."""
_MOST_HELD = 8
"""Locks that are told by name: finding a name takes milliseconds."""
_SPOKEN = {
    "Condition": "notify of",
    "Event": "set of",
    "Barrier": "the others at",
    "Queue": "an item or room in",
    "Semaphore": "release of",
    "BoundedSemaphore": "release of",
    "Future": "the result of",
}


def where_tasks_stand(baton: State) -> tuple[ThreadState, ...]:
    """Describe every task that has not ended; called while all others are blocked at
    their gates.
    """
    frames = sys._current_frames()
    names: dict[int, str] = {}
    holders = {key: task for key, (_, task) in baton.owners.items()}
    states = []
    for task in baton.tasks:
        if task.done:
            continue
        stack = _user_stack(frames.get(task.ident))
        held = tuple(_name(lock, names) for lock in _held_by(task, baton))
        states.append(
            ThreadState(
                task.index,
                task.name,
                _waits_for(task, frames.get(task.ident), holders, names),
                held,
                stack[-1] if stack else None,
                stack,
            )
        )
    return tuple(states)


def _held_by(task: Task, baton: State) -> list[object]:
    """Return the locks that a task holds, without those that nobody else knows any more: waits of
    conditions leave one behind each time they run out.
    """
    held = [pair for pair in baton.owners.values() if pair[1] is task]
    return [pair[0] for pair in held if sys.getrefcount(pair[0]) > _FORGOTTEN][:_MOST_HELD]


def _waits_for(
    task: Task, frame: FrameType | None, holders: dict[int, Task], names: dict[int, str]
) -> str:
    reason = task.blocked_on
    if task.outside:
        return "something outside the scheduler's sight"
    if isinstance(reason, Group):
        return "the threads it started together"
    if not isinstance(reason, Waiting):
        return ""
    if reason.kind == "thread":
        awaited = task_of(reason.target, _b)
        return f"the end of {_spoken(awaited) if awaited else reason.target.name}"
    if reason.kind == "sleep":
        return f"the end of a sleep of {reason.target} s"
    primitive = _primitive_around(frame)
    if primitive is not None:
        name = type(primitive).__name__
        return f"{_SPOKEN.get(name, 'something from')} {_name(primitive, names)}"
    holder = holders.get(id(reason.target))
    by = "" if holder is None else f" held by {_spoken(holder)}"
    return f"{_name(reason.target, names)}{by}"


def _spoken(task: Task) -> str:
    return "the main thread" if task.index == 0 else f"thread {task.index}"


def _primitive_around(frame: FrameType | None) -> object | None:
    """Return the condition, event, queue ... whose method the thread is inside of, the outermost
    one.
    """
    found = None
    while frame is not None and not _is_user(frame):
        owner = frame.f_locals.get("self")
        if (
            frame.f_code.co_filename.startswith(_LIBRARY)
            and type(owner).__module__ in ("threading", "queue", "concurrent.futures._base")
            and not isinstance(owner, threading.Thread)
        ):
            found = owner
        frame = frame.f_back
    return found


def _is_user(frame: FrameType) -> bool:
    filename = frame.f_code.co_filename
    if filename.startswith((_OWN, "<")):
        return False
    return not filename.startswith(_LIBRARY) or "site-packages" in filename


def _user_stack(frame: FrameType | None) -> tuple[Site, ...]:
    stack = []
    while frame is not None:
        if _is_user(frame) and not _RUNNER & {*Path(frame.f_code.co_filename).parts}:
            path, line = frame.f_code.co_filename, frame.f_lineno
            source = linecache.getline(path, line).strip()
            stack.append(Site(path, line, 0, frame.f_code.co_qualname, source))
        frame = frame.f_back
    return tuple(reversed(stack))


def _name(obj: object, names: dict[int, str]) -> str:
    """Name a lock or other primitive by the attribute or variable that holds it.

    Finding that takes longer than most executions: it is only done where somebody reads it.
    """
    if id(obj) not in names:
        if _b.is_brief:
            return "a lock"
        kind = {LOCK: "lock", RLOCK: "lock"}.get(type(obj), type(obj).__name__.lower())
        base = f"{kind} {_holder_name(obj)}".rstrip()
        taken = sum(name == base or name.startswith(base + " (") for name in names.values())
        names[id(obj)] = f"{base} (no. {taken + 1})" if taken else base
    return names[id(obj)]


def _holder_name(obj: object) -> str:
    variable = ""
    for referrer in gc.get_referrers(obj):
        if type(referrer).__module__.startswith("pytest_concurrency."):
            continue
        if isinstance(referrer, dict):
            for key, value in list(referrer.items()):
                if value is obj and isinstance(key, str):
                    name = _dict_owner(referrer, key)
                    if "." in name:
                        return name
                    variable = variable or name.replace("self", "")
        else:
            for key, value in _attributes(referrer):
                if value is obj:
                    return f"{type(referrer).__name__}.{key}"
    return variable


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


def _dict_owner(namespace: dict[str, Any], key: str) -> str:
    if namespace.get("__name__") and "__builtins__" in namespace:
        return f"{namespace['__name__']}.{key}"
    for owner in gc.get_referrers(namespace):
        if getattr(owner, "__dict__", None) is namespace and not isinstance(owner, ModuleType):
            return f"{type(owner).__name__}.{key}"
    return key
