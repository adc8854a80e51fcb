"""Nothing lives longer while it is watched: not what cannot be referred to weakly, nor what that
refers to, nor classes."""

from __future__ import annotations

import gc
import itertools
import sys
import threading
import weakref
from collections.abc import Callable

import pytest
from loading import collector_knows_functions

from pytest_concurrency import explore
from pytest_concurrency.runtime.scheduler import identity
from pytest_concurrency.runtime.scheduler.baton import baton
from pytest_concurrency.runtime.scheduler.identity import serial_of

HOLDS_ARGUMENT = sys.version_info < (3, 14)


class Thing:
    def __init__(self):
        self.parts = []


class Slotted:
    __slots__ = ("me", "part")


COLLECTING = 6
"""Schedules where each execution collects all garbage of the test run, which takes long: whether
something dies then does not depend on who runs when.
"""


def passes(work: Callable[[object], object], schedules: int = 30) -> None:
    """Let two threads do it at once; each checks what it has made itself."""
    assert not explore(lambda: None, [work, work], schedules=schedules).hazards


def noted_when_it_dies(log):
    thing = Thing()
    weakref.finalize(thing, log.append, "gone")
    return thing


def test_what_a_list_refers_to_dies_with_it():
    def work(_):
        log = []
        box = [noted_when_it_dies(log)]
        box.append(1)
        box = [2]
        box.append("later")
        assert log == ["gone"]

    passes(work)


def test_when_a_function_returns():
    def use(log):
        box = {"thing": noted_when_it_dies(log)}
        for number in range(40):
            box[number] = number

    def work(_):
        log = []
        use(log)
        log.append("after")
        assert log == ["gone", "after"]

    passes(work)


def test_among_many_lists():
    def work(_):
        log = []
        things = [noted_when_it_dies(log) for _ in range(100)]
        for thing in things:
            thing.parts.append(1)
        thing = None
        del things[0]
        assert log == ["gone"]

    passes(work)


def test_cycles_die_when_garbage_is_collected():
    def work(_):
        thing, slotted = Thing(), Slotted()
        thing.parts.append(thing)
        slotted.me, slotted.part = slotted, thing
        table = {"thing": thing}
        table["table"] = table
        alive = weakref.ref(thing)
        del thing, slotted, table
        gc.collect()
        assert alive() is None

    passes(work, COLLECTING)


@collector_knows_functions
def test_classes_die():
    def work(_):
        class Base:
            pass

        class Derived(Base):
            x = 1

        Derived().x
        del Derived
        gc.collect()
        assert Base.__subclasses__() == []

    passes(work, COLLECTING)


def test_references_are_counted_as_they_are():
    def work(_):
        box = [1]
        box.append(2)
        count = sys.getrefcount(box)
        box.append(3)
        assert count == 1 + HOLDS_ARGUMENT
        referrers = gc.get_referrers(box)
        assert list not in [type(each) for each in referrers]

    passes(work)


def test_temporaries_of_what_fails():
    def work(_):
        thing = Thing()
        thing.part = Thing()
        alive = weakref.ref(thing.part)
        with pytest.raises(AttributeError):
            thing.part.missing += 1
        thing.part = None
        assert alive() is None

    passes(work)


def test_an_object_at_the_address_of_another_is_another():
    def work(_):
        for _ in range(20):
            box = []
            box.append(1)
            seen = box[0]
            box[0] = seen + 1
            assert box == [2]

    found = explore(lambda: None, [work, work], schedules=50, strategy="random")
    assert not found.hazards


@pytest.mark.parametrize("make", [Thing, list, threading.Lock])
def test_no_object_has_the_number_of_one_that_is_gone(make):
    try:
        assert len({serial_of(make()) for _ in range(100)}) == 100
    finally:
        baton.forget()


def test_places_with_nothing_in_them():
    def work(_):
        pairs = itertools.zip_longest([1], [1, 2, 3])
        assert next(pairs) == (1, 1)
        assert next(pairs) == (None, 2)
        assert [*pairs] == [(None, 3)]
        chained = itertools.chain.from_iterable(zip([1, 2], [3, 4], strict=True))
        assert next(chained) == 1
        assert [x for x in chained] == [3, 2, 4]  # noqa: C416

    passes(work)


def _add_around_a_collection(box):
    seen = box.numbers[0]
    gc.collect()
    box.numbers[0] = seen + 1


class _Numbers:
    def __init__(self):
        self.numbers = [0]


def test_a_list_is_the_same_after_a_collection():
    hazards = explore(_Numbers, [_add_around_a_collection] * 2, schedules=50).hazards
    assert [(each.kind, each.location) for each in hazards] == [("lost-update", "box.numbers[0]")]


class _Collector:
    """What ``gc`` says: one generation is due, or none."""

    def __init__(self, *, due: int | None, enabled: bool = True):
        self.due, self.enabled = due, enabled

    def isenabled(self):
        return self.enabled

    def get_count(self):
        return tuple(2 if n == self.due else 1 for n in range(3))

    def get_threshold(self):
        return (1, 1, 1)


@pytest.mark.parametrize("due", [0, 1, 2])
@pytest.mark.parametrize("generation", [0, 1])
def test_what_the_interpreter_collects_of_itself_changes_nothing(monkeypatch, due, generation):
    monkeypatch.setattr(identity, "gc", _Collector(due=due))
    assert identity._is_due(generation)


@pytest.mark.parametrize(
    ("collector", "generation"),
    [
        (_Collector(due=None), 0),
        (_Collector(due=0, enabled=False), 1),
        (_Collector(due=2), 2),
    ],
)
def test_the_program_collects(monkeypatch, collector, generation):
    monkeypatch.setattr(identity, "gc", collector)
    assert not identity._is_due(generation)


def test_cycles_die_though_the_oldest_generation_is_long_due():
    """As in a large program: CPython waits with it until a quarter of all objects are new."""
    for _ in range(gc.get_threshold()[2] + 2):
        gc.collect(1)
    test_cycles_die_when_garbage_is_collected()


def _add_to_one_table_around_a_collection(box):
    seen = box.table["n"]
    gc.collect()
    box.table["n"] = seen + 1


class _Table:
    def __init__(self):
        self.table = {"n": 0}


def test_a_dictionary_of_numbers_is_the_same_after_a_collection():
    hazards = explore(_Table, [_add_to_one_table_around_a_collection] * 2, schedules=50).hazards
    assert [(each.kind, each.location) for each in hazards] == [("lost-update", "box.table['n']")]


def test_garbage_is_collected_while_objects_are_let_go():
    def work(_):
        boxes = [[n] for n in range(50)]
        for box in boxes:
            box.append(1)
        while boxes:
            boxes.pop()
        assert len(boxes) == 0

    threshold = gc.get_threshold()
    gc.set_threshold(1, 1, 1)
    try:
        passes(work)
    finally:
        gc.set_threshold(*threshold)
