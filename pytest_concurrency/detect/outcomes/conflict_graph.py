"""How the workers of an execution have met: whether they did what they did as if one after another.

Where the graph of their conflicts has no cycle, any order that agrees with it is a serial execution
with the same outcome: there is nothing to be asked (Bernstein, Hadzilacos and Goodman, "Concurrency
Control and Recovery in Database Systems", 1987, theorem 2.1).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from graphlib import CycleError, TopologicalSorter
from typing import Any, NamedTuple

from pytest_concurrency.runtime.trace.event import Log, rows
from pytest_concurrency.runtime.trace.operations import (
    CALL,
    ONLY_READ,
    READ,
    STEP,
    SYNCHRONISE,
    WRITE,
)
from pytest_concurrency.runtime.trace.resource import WHOLE
from pytest_concurrency.runtime.trace.sites import SITES
from pytest_concurrency.runtime.trace.synchronisation import Noted, is_there, merged

_OF_QUEUES = frozenset({"put", "get", "put_nowait", "get_nowait", "qsize", "empty", "full"})
"""Methods that hand on data, besides synchronising."""

_NO_LOOKS: frozenset[int] = frozenset()


class Meeting(NamedTuple):
    """How the workers of an execution have met."""

    order: int
    """The same for executions in which all conflicts are the same way round: those come to the same
    (Mazurkiewicz, "Trace Theory", 1987)."""
    is_cyclic: bool
    """Whether no order of the workers has all their conflicts that way round."""


class _Place:
    """What has happened at a location so far. Threads are bits of an integer."""

    __slots__ = ("readers", "writers", "writes")

    def __init__(self) -> None:
        self.readers = self.writers = self.writes = 0


def meeting(log: Log, noted: Sequence[Noted], heat: bytearray | None) -> Meeting:
    """Return how the workers have met; ``heat`` says by site where they may."""
    log = _with_steps(log, noted)
    found = _met(log, heat, _NO_LOOKS)
    if not found.is_cyclic:
        return found
    looks = _passing_looks(log, most=1)
    return found._replace(is_cyclic=_is_cyclic(log, heat, looks)) if looks else found


def is_tangled(log: Log, noted: Sequence[Noted]) -> bool:
    """Whether no order of the workers has all their conflicts that way round, also where whoever
    looks at something for the second time has only been waiting for it.
    """
    log = _with_steps(log, noted)
    return _is_cyclic(log, None, _passing_looks(log))


def _with_steps(log: Log, noted: Sequence[Noted]) -> Log:
    return list(merged(log, noted)) if is_there(STEP, noted) else log


def _is_cyclic(log: Log, heat: bytearray | None, looks: Set[int]) -> bool:
    return _met(log, heat, looks, until_cyclic=True).is_cyclic


def _met(
    log: Log, heat: bytearray | None, looks: Set[int], *, until_cyclic: bool = False
) -> Meeting:
    # Run over every event of every new interleaving: written for speed.
    places: dict[Any, dict[Any, _Place]] = {}
    before: dict[int, int] = {}
    orders: dict[int, list[int]] = {}
    hot = len(heat) if heat is not None else 0
    for index, (thread, number, resource, part, op) in enumerate(rows(log)):
        if not thread or (heat is not None and number < hot and not heat[number]):
            continue
        if index in looks or (op in SYNCHRONISE and not _hands_on(op, number)):
            continue
        parts = places.get(resource)
        if parts is None:
            parts = places[resource] = {}
        place = parts.get(part)
        if place is None:
            place = parts[part] = _Place()
        is_write, me = op not in ONLY_READ, 1 << thread
        met = place.writers | place.readers if is_write else place.writers
        version = place.writes
        overlapping: Iterable[_Place] = ()
        if part is WHOLE:
            overlapping = parts.values()
            version = 0  # it is one of them
        elif WHOLE in parts:
            overlapping = (parts[WHOLE],)
        for each in overlapping:
            version += each.writes
            met |= each.writers | each.readers if is_write else each.writers
        if met & ~me & ~before.get(thread, 0):
            before[thread] = before.get(thread, 0) | met
            if until_cyclic and _has_cycle(before):
                break
        order = orders.get(thread)
        if order is None:
            order = orders[thread] = []
        order.append(number)
        order.append(version)
        if is_write:
            place.writers |= me
            place.writes += 1
        else:
            place.readers |= me
    signature = hash(tuple((thread, *orders[thread]) for thread in sorted(orders)))
    return Meeting(signature, _has_cycle(before))


def _bits(number: int) -> set[int]:
    return {bit for bit in range(number.bit_length()) if number >> bit & 1}


def _passing_looks(log: Log, most: int = 0) -> set[int]:
    """Return the reads, by index, that are made again at the same site before the thread has
    written there: a flag that is polled, another attempt. Each time what is new is wanted.

    Not those that are made again ``most`` times only: a method may have been called twice.
    """
    found: dict[tuple[int, int, Any, Any], list[int]] = {}
    latest: dict[tuple[int, int, Any, Any], int] = {}
    written: dict[tuple[int, Any, Any], int] = {}
    for index, (thread, number, resource, part, op) in enumerate(rows(log)):
        if op == READ:
            before = latest.get((thread, number, resource, part), -1)
            if before > written.get((thread, resource, part), -1):
                found.setdefault((thread, number, resource, part), []).append(before)
            latest[thread, number, resource, part] = index
        elif op == WRITE:
            written[thread, resource, part] = index
    return {index for looks in found.values() if len(looks) > most for index in looks}


def _hands_on(op: str, number: int) -> bool:
    return op == CALL and SITES[number].name in _OF_QUEUES


def _has_cycle(before: dict[int, int]) -> bool:
    if len(before) < 2:
        return False
    graph = {thread: _bits(met) - {thread} for thread, met in before.items()}
    if len(graph) == 2:
        return all(not others.isdisjoint(graph.keys()) for others in graph.values())
    try:
        TopologicalSorter(graph).prepare()
    except CycleError:
        return True
    return False
