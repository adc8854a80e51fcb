"""The program's own chance: each execution draws the same numbers, so that its schedule replays.

The generators of ``random`` are seeded before each execution; those of ``uuid`` seed themselves at
their first call in it (or in its set-up). The generators' state is put back when the exploration
ends.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from pytest_concurrency._compat import (
    forget_last_uuid,
    kept_in_c,
    numpys_generator,
    shared_generator,
)

_SEED = 0
_for_uuids = random.Random(_SEED)
_BEGINNING: Any = super(random.Random, _for_uuids).getstate()
_set_state: Any = super(random.Random, shared_generator).setstate
_kept = kept_in_c(shared_generator)
_OTHER_SEED = 1
_OTHER_BEGINNING: Any = super(random.Random, random.Random(_OTHER_SEED)).getstate()
_KEPT_AT_BEGINNING = kept_in_c(_for_uuids).raw


class _Seeding:
    """Whether the generator for ``uuid`` has been seeded for the present execution."""

    done = False
    seed = _SEED
    eager: tuple[Callable[[int], object], ...] = ()
    """Generators that cannot tell whether they are used."""


def start_over(*, otherwise: bool = False) -> None:
    """Let the next execution draw what this one has drawn, or, ``otherwise``, something else;
    called between them.
    """
    _Seeding.done = False
    _Seeding.seed = _OTHER_SEED if otherwise else _SEED
    if otherwise:
        _set_state(_OTHER_BEGINNING)
    elif _kept.raw != _KEPT_AT_BEGINNING:  # to set it, or to ask for it, makes 625 numbers
        _set_state(_BEGINNING)
    shared_generator.gauss_next = None
    for seed in _Seeding.eager:
        seed(_Seeding.seed)


def _seed_once() -> None:
    if not _Seeding.done:
        _Seeding.done = True
        _for_uuids.seed(_Seeding.seed)
        forget_last_uuid()


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

    return {"uuid1": uuid1, "uuid4": uuid4}


def patches() -> dict[ModuleType, dict[str, Any]]:
    """Return what is replaced, by the module that holds it."""
    uuid = sys.modules.get("uuid")
    return {} if uuid is None else {uuid: _uuid_functions(uuid)}


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
    shared = numpys_generator()
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
