"""Where every thread of an execution stands: what it waits for, what it holds, which line it is
at.
"""

from __future__ import annotations

import linecache
import queue
import sys
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from types import FrameType

from pytest_concurrency._origins import UNDER_PROGRAMS, Origin, origin_of
from pytest_concurrency.model import Site, ThreadState
from pytest_concurrency.runtime.diagnosis.lock_names import given_name, names_of
from pytest_concurrency.runtime.effects.foreign import is_derived, is_one_of, mro
from pytest_concurrency.runtime.helpers.blocking.simple_queues import SIMPLE_QUEUE
from pytest_concurrency.runtime.scheduler.baton import baton as _b
from pytest_concurrency.runtime.scheduler.state import State
from pytest_concurrency.runtime.system.frames import current_frames
from pytest_concurrency.runtime.tasks.task import Group, Task, Waiting, task_of

_FORGOTTEN = 2
"""References to a lock that only the baton knows: the baton's own, and that to the argument."""
_MOST_HELD = 8
"""Locks that are told by name: finding a name takes milliseconds."""
_NO_OBJECTS = ("sleep", "thread")
"""Kinds of waits for something that the program has no name for."""
_SPOKEN: dict[type, str] = {
    threading.Condition: "a notify of {}",
    threading.Event: "{} to be set",
    threading.Barrier: "the others at {}",
    queue.Queue: "an item or room in {}",
    threading.Semaphore: "a release of {}",
    Future: "the result of {}",
}
"""What else than a lock is waited for, and how that is said."""
_SPOKEN_OF_QUEUES = {
    "get": "an item in {}",
    "put": "room in {}",
    "join": "the tasks of {} to be done",
}
"""By the method that waits."""


def where_tasks_stand(baton: State) -> tuple[ThreadState, ...]:
    """Describe every task that has not ended; called while all others are blocked at their gates,
    or by the watchdog while one of them goes on: what it changes is copied first.
    """
    frames = current_frames()
    holders = {key: task for key, (_, task) in baton.owners.copy().items()}
    unfinished = [task for task in [*baton.tasks] if not task.done]
    awaited = {task: awaited_by(task, frames.get(task.ident)) for task in unfinished}
    held = {task: _held_by(task, awaited[task], baton) for task in unfinished}
    named = [obj for task in unfinished for obj in (*held[task], awaited[task]) if obj is not None]
    naming = names_of if baton.observer is None else baton.observer.names
    name_of = (
        {id(obj): "a lock" for obj in named}
        if baton.terms.is_brief
        else naming(named, _user_frames(frames.get(task.ident) for task in unfinished))
    )
    states = []
    for task in unfinished:
        stack = _user_stack(frames.get(task.ident))
        states.append(
            ThreadState(
                task.index,
                given_name(task.name),
                _waits_for(task, awaited[task], frames.get(task.ident), holders, name_of),
                tuple(name_of[id(lock)] for lock in held[task]),
                stack[-1] if stack else None,
                stack,
                name_of.get(id(awaited[task]), ""),
            )
        )
    return tuple(states)


def _held_by(task: Task, awaited: object | None, baton: State) -> list[object]:
    """Return the locks that a task holds, without those that nobody else knows any more: waits of
    conditions leave one behind each time they run out; and without that of the wait it is in.
    """
    reason = task.blocked_on
    inner = reason.target if isinstance(reason, Waiting) and reason.target is not awaited else None
    held = [pair for pair in [*baton.owners.values()] if pair[1] is task and pair[0] is not inner]
    return [pair[0] for pair in held if sys.getrefcount(pair[0]) > _FORGOTTEN][:_MOST_HELD]


def awaited_by(task: Task, frame: FrameType | None) -> object | None:
    """Return the lock, condition, queue ... that a task waits for."""
    reason = task.blocked_on
    if task.outside or not isinstance(reason, Waiting) or reason.kind in _NO_OBJECTS:
        return None
    if reason.kind == "descriptor":
        awaited: object = reason.target.awaited
        return awaited
    return _primitive_around(frame)[0] or reason.target


def _waits_for(
    task: Task,
    awaited: object | None,
    frame: FrameType | None,
    holders: dict[int, Task],
    name_of: dict[int, str],
) -> str:
    reason = task.blocked_on
    if task.outside:
        return "something outside the scheduler's sight"
    if isinstance(reason, Group):
        return "the threads it started together"
    if not isinstance(reason, Waiting):
        return ""
    if reason.kind == "thread":
        other = task_of(reason.target, _b.tasks)
        return f"the end of {_spoken(other) if other else 'a thread from outside'}"
    if reason.kind == "descriptor":
        name = name_of.get(id(awaited))
        if name is None:
            return str(reason.target.what)
        said = "a notify of {}" if name.startswith("condition ") else "a release of {}"
        return said.format(name)
    if reason.kind == "sleep":
        return f"the end of a sleep of {reason.target} s"
    if awaited is not reason.target:
        (said, *_) = [
            _SPOKEN[base] for base in mro(type(awaited)) or () if is_one_of(base, _SPOKEN)
        ]
        if is_derived(type(awaited), (queue.Queue,)):
            said = _SPOKEN_OF_QUEUES.get(_primitive_around(frame)[1], said)
        return said.format(name_of[id(awaited)])
    if type(awaited) is SIMPLE_QUEUE:
        return _SPOKEN_OF_QUEUES["get"].format(name_of[id(awaited)])
    holder = holders.get(id(awaited))
    by = "" if holder is None else f" held by {_spoken(holder)}"
    return f"{name_of[id(awaited)]}{by}"


def _spoken(task: Task) -> str:
    return "the main thread" if task.index == 0 else f"thread {task.index}"


def _primitive_around(frame: FrameType | None) -> tuple[object | None, str]:
    """Return the condition, event, queue ... whose method the thread is inside of, the outermost
    one, and the method's name.
    """
    found, method = None, ""
    while frame is not None and (origin := _origin(frame)) in UNDER_PROGRAMS:
        # Nothing is asked of other frames: up to 3.12 an answer refers to all of their variables.
        owner = frame.f_locals.get("self") if origin == "library" else None
        if is_derived(type(owner), _SPOKEN):
            found, method = owner, frame.f_code.co_name
        frame = frame.f_back
    return found, method


def _origin(frame: FrameType) -> Origin:
    return origin_of(frame.f_code.co_filename)


def _is_told(frame: FrameType) -> bool:
    """Whether it is the program's, or of a package that the program uses."""
    return _origin(frame) in ("program", "installed")


def _user_frames(tops: Iterable[FrameType | None]) -> Iterator[FrameType]:
    """Yield the frames of the program, the outermost first: there things are made and named, what
    they are passed to calls them differently."""
    for top in tops:
        frames = []
        frame = top
        while frame is not None:
            if _is_told(frame):
                frames.append(frame)
            frame = frame.f_back
        yield from reversed(frames)


def _user_stack(frame: FrameType | None) -> tuple[Site, ...]:
    stack = []
    while frame is not None:
        if _is_told(frame):
            path, line = frame.f_code.co_filename, frame.f_lineno
            source = linecache.getline(path, line).strip()
            stack.append(Site(path, line, 0, frame.f_code.co_qualname, source))
        frame = frame.f_back
    return tuple(reversed(stack))
