"""The program's own chance: each execution draws the same numbers, so that its schedule replays.

The functions of ``random`` and ``uuid`` seed themselves at their first call in an execution (or in
its set-up), so programs that do not use them pay nothing. The generators' state is put back when
the exploration ends.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

_SEED = 0
_shared: Any = random._inst
_seed_shared: Callable[[int], None] = random.seed
_for_uuids = random.Random(_SEED)


class _Seeding:
    """Whether the generators have been seeded for the present execution."""

    done = False
    eager: tuple[Callable[[int], object], ...] = ()
    """Generators that cannot tell whether they are used."""


def start_over() -> None:
    """Let the next execution draw what this one has drawn; called between them."""
    _Seeding.done = False
    for seed in _Seeding.eager:
        seed(_SEED)


def _seed_once() -> None:
    if not _Seeding.done:
        _Seeding.done = True
        _seed_shared(_SEED)
        _for_uuids.seed(_SEED)
        uuid: Any = sys.modules.get("uuid")
        if uuid is not None:
            uuid._last_timestamp = None  # it counts on through the process


def _seeded(draw: Callable[..., Any]) -> Callable[..., Any]:
    def seed_and_draw(*args: Any, **kwargs: Any) -> Any:
        _seed_once()
        return draw(*args, **kwargs)

    return _named_as(draw, seed_and_draw)


def _named_as(original: Callable[..., Any], new: Callable[..., Any]) -> Callable[..., Any]:
    """Show ``new`` as the original. Not as ``functools.wraps`` does: what refers to the original is
    looked for."""
    new.__name__, new.__doc__ = original.__name__, original.__doc__
    return new


def _uuid_functions(uuid: Any) -> dict[str, Callable[..., Any]]:
    def uuid4() -> Any:
        _seed_once()
        return uuid.UUID(int=_for_uuids.getrandbits(128), version=4)

    real_uuid1 = uuid.uuid1

    def uuid1(node: int | None = None, clock_seq: int | None = None) -> Any:
        _seed_once()
        if clock_seq is None:
            clock_seq = _for_uuids.getrandbits(14)
        return real_uuid1(_for_uuids.getrandbits(48) if node is None else node, clock_seq)

    return {"uuid1": _named_as(real_uuid1, uuid1), "uuid4": _named_as(uuid.uuid4, uuid4)}


def patches() -> dict[ModuleType, dict[str, Any]]:
    """Return what is replaced, by the module that holds it."""
    functions = {
        name: _seeded(function)
        for name, function in vars(random).items()
        if getattr(function, "__self__", None) is _shared
    }
    replacements: dict[ModuleType, dict[str, Any]] = {random: functions}
    uuid = sys.modules.get("uuid")
    if uuid is not None:
        replacements[uuid] = _uuid_functions(uuid)
    return replacements


@contextmanager
def repeating(namespaces: Iterable[dict[str, Any]]) -> Iterator[None]:
    """Make executions draw the same numbers; put the generators' state back in the end."""
    state = random.getstate()
    numpy_random = _numpy_random_of(namespaces)
    numpy_state = numpy_random.get_state() if numpy_random is not None else None
    if numpy_random is not None:
        _Seeding.eager = (numpy_random.seed,)
    start_over()
    try:
        yield
    finally:
        _Seeding.eager = ()
        random.setstate(state)
        if numpy_random is not None:
            numpy_random.set_state(numpy_state)


def _numpy_random_of(namespaces: Iterable[dict[str, Any]]) -> Any:
    """Return ``numpy.random`` if the program refers to it: seeding it takes a while."""
    found = sys.modules.get("numpy.random")
    shared = getattr(getattr(found, "mtrand", None), "_rand", None)
    if shared is None:
        return None
    wanted = (sys.modules.get("numpy"), found)
    for namespace in namespaces:
        for value in list(namespace.values()):
            if any(value is module for module in wanted):
                return found
            if type(value).__name__ == "builtin_function_or_method" and value.__self__ is shared:
                return found
    return None
