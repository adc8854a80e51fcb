"""Numbers for objects, in the order in which an execution first meets them.

An object keeps its number as long as it lives. A weak reference tells whether it does. What cannot
be referred to weakly (lists, dicts, what has slots only) is held; but nothing may live longer than
without us. So before each point what nobody else holds is let go. Before the program collects
garbage everything is, and what has survived is found again afterwards. Before it counts references
everything is, too: then it gets another number when it is met again.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from functools import partial
from itertools import compress, repeat
from sys import getrefcount
from typing import Any, Final
from weakref import ref

from pytest_concurrency._compat import get_ident
from pytest_concurrency.runtime.effects.memory import forget_classes
from pytest_concurrency.runtime.scheduler.baton import baton as _b
from pytest_concurrency.runtime.tasks.task import FREE

_ROOM = 16
"""Objects that are held without asking less often which of them nobody else holds."""


def serial_of(obj: object) -> int:
    """Return the number of ``obj`` in this execution; it is never given to another object."""
    number, record = id(obj), _b.record
    entry = record.seen.get(number)
    if entry is not None and entry[0]() is obj:
        return entry[1]
    record.serials = serial = record.serials + 1
    reference = _reference(obj)
    if reference is None:
        _hold(obj, serial)
    else:
        record.seen[number] = (reference, serial)
    return serial


def inner_serial_of(obj: object) -> int:
    """The same for a lock or queue that only the standard library may use: those have numbers of
    their own, below 0, so that the numbers of what the program uses do not depend on them.
    """
    number, record = id(obj), _b.record
    entry = record.seen.get(number)
    if entry is not None and entry[0]() is obj:
        return entry[1]
    reference = _reference(obj)
    if reference is None:
        return -number  # a semaphore of another process, too: not held for this
    record.inner_serials = serial = record.inner_serials - 1
    record.seen[number] = (reference, serial)
    return serial


def alive(obj: object) -> Callable[[], object]:
    """Return what gives ``obj`` as long as it lives, and then None; it keeps nothing alive that the
    program might miss."""
    if type(obj) is str:
        return lambda: obj
    return _reference(obj) or partial(_numbered, id(obj), serial_of(obj))


def _numbered(number: int, serial: int) -> object:
    entry = _b.record.seen.get(number)
    return entry[0]() if entry is not None and entry[1] == serial else None


def _reference(obj: object) -> Callable[[], object] | None:
    try:
        return ref(obj)
    except TypeError:
        return None


def _hold(obj: object, serial: int) -> None:
    """Hold it. Garbage may be collected at any moment, and then what is held has to be known."""
    record = _b.record
    record.seen[id(obj)] = (repeat(obj).__next__, serial)
    record.held.append(obj)
    record.patience = 0


def _count_alone() -> int:
    """Return the count of references to what only we hold: ``held`` and ``seen``."""
    held: list[object] = [object()]
    entry = repeat(held[0]).__next__
    (count,) = [getrefcount(each) for each in held]
    del entry
    return count


_ALONE = _count_alone()


def _count_alone_in_c() -> int:
    """The same as ``map`` sees it, which has no name for what it counts."""
    held: list[object] = [object()]
    entry = repeat(held[0]).__next__
    (count,) = map(getrefcount, held)
    del entry
    return count


_ALONE_IN_C = _count_alone_in_c()


def let_go() -> None:
    """Forget the objects that nobody else holds any more; called before each point while there are
    any that we hold. Of many it is asked less often."""
    record = _b.record
    held = record.held
    if len(held) >= _ROOM:
        if record.patience > 0:
            record.patience -= 1
            return
        record.patience = len(held) // _ROOM
    if _ALONE_IN_C in map(getrefcount, held):
        let_all_go()


def let_all_go() -> None:
    """The same, now."""
    record = _b.record
    while True:
        # Taken away meanwhile: garbage may be collected at any moment, and then nothing is held.
        held, record.held = record.held, []
        alone = [getrefcount(each) == _ALONE for each in held]
        # Finalizers may get here again, and pass points: so first decide, then let go.
        dead = list(compress(held, alone))
        record.held += [each for each, is_alone in zip(held, alone, strict=True) if not is_alone]
        # A list that another thread has made may die late, without the GIL: it lets go here.
        held.clear()
        if not dead:
            return
        entries = [record.seen.pop(id(each)) for each in dead]
        dead.clear()
        entries.clear()


def dropped() -> None:
    """Follow ``del x`` and ``x = None``, after which the program may expect something to be
    gone; precede what is no point but may look."""
    held = _b.record.held
    if held and _ALONE_IN_C in map(getrefcount, held) and _is_holder():
        let_all_go()


_UNTIL_IT_ENDS: Final = FREE << 10
"""Points that are granted for a collection of garbage."""
COUNTING: Final = frozenset({"getrefcount", "get_objects", "get_referrers"})
"""Functions of ``sys`` and ``gc`` that would see what we hold."""


def before_counting() -> None:
    """Precede a call of one of them."""
    if _b.record.held and _is_holder():
        forget_held()


def _is_holder() -> bool:
    current = _b.current
    return current is not None and current.ident == get_ident()


def forget_held() -> None:
    """Hold nothing any more."""
    record = _b.record
    held, record.held = record.held, []
    entries = [record.seen.pop(id(each)) for each in held]
    held.clear()
    entries.clear()


def before_collection(phase: str, info: dict[str, Any]) -> None:
    """Hold nothing while the program collects garbage; to be put into ``gc.callbacks``.

    Not so if the interpreter does it of itself, which may be at any time. No other thread gets in
    between meanwhile: its own ``gc.collect()`` would do nothing.
    """
    if not _is_holder():
        return
    if phase == "stop" and _b.granted >= _UNTIL_IT_ENDS:
        _b.granted -= _UNTIL_IT_ENDS
        _b.budget -= _UNTIL_IT_ENDS
        _hold_survivors()
    if phase == "start" and not _is_due(info["generation"]):
        record = _b.record
        # What the collector does not follow is in no cycle, and would not be found again.
        atomic = [each for each in record.held if not gc.is_tracked(each)]
        held = list(filter(gc.is_tracked, record.held))
        _surviving.update((id(each), (type(each), record.seen[id(each)][1])) for each in held)
        record.held = held
        forget_held()
        record.held = atomic
        forget_classes()
        _b.granted += _UNTIL_IT_ENDS
        _b.budget += _UNTIL_IT_ENDS


_OLDEST: Final = 2
_surviving: dict[int, tuple[type, int]] = {}
"""By address: the type and the number of what is looked for after a collection."""


def _is_due(generation: int) -> bool:
    """Whether the interpreter collects of itself.

    A full collection counts as the program's: the oldest generation is often due for a long time
    without being collected (CPython waits until a quarter of all objects are new).
    """
    if generation == _OLDEST or not gc.isenabled():
        return False
    counts = zip(gc.get_count(), gc.get_threshold(), strict=True)
    return any(0 < threshold < count for count, threshold in counts)


def _hold_survivors() -> None:
    """Give what a collection has left its number again."""
    if not _surviving:
        return
    objects = gc.get_objects()
    for each in compress(objects, map(_surviving.__contains__, map(id, objects))):
        kind, serial = _surviving.get(id(each), (None, 0))
        if kind is type(each) and id(each) not in _b.record.seen:
            _hold(each, serial)
    _surviving.clear()
