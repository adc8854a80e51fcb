"""What locks and conditions are called where threads wait for them."""

from __future__ import annotations

import gc
import multiprocessing
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import pytest
from loading import collector_knows_functions

from pytest_concurrency import explore
from pytest_concurrency.api import instrumentation_for
from pytest_concurrency.runtime.diagnosis.lock_names import names_of
from pytest_concurrency.runtime.scheduler.baton import baton
from pytest_concurrency.search.execution.engine import execute, exploring, start_round
from pytest_concurrency.search.orders.in_order import InOrder

SEEN_BY_NO_COLLECTOR = threading.Lock()


class Shop:
    def __init__(self):
        self.is_open = False
        self.door = threading.Condition()


def test_who_waits_for_a_condition_does_not_hold_its_lock():
    def wait(shop):
        if not shop.is_open:
            with shop.door:
                shop.door.wait()

    def wake(shop):
        shop.is_open = True
        with shop.door:
            shop.door.notify()

    (hazard,) = explore(Shop, [wait, wake], schedules=100).hazards
    assert hazard.kind == "deadlock"
    waiting = next(state for state in hazard.states if state.thread == 1)
    assert waiting.waits_for == "a notify of condition Shop.door"
    assert hazard.location == waiting.awaits == "condition Shop.door"
    assert waiting.holds == ()


def test_the_lock_inside_is_called_by_what_is_around_it():
    shop = Shop()
    lock = shop.door._lock
    assert names_of([lock])[id(lock)] == "condition Shop.door"


def test_a_lock_with_a_name_of_its_own_keeps_it():
    shop = Shop()
    shop.lock = threading.Lock()
    shop.door = threading.Condition(shop.lock)
    assert names_of([shop.lock])[id(shop.lock)] == "lock Shop.lock"


def test_variables_give_names_methods_do_not():
    door = threading.Condition()
    knock = door.notify
    named = names_of([door], [sys._getframe()])
    assert named[id(door)] == "condition door"
    assert knock


def test_a_condition_and_its_lock_have_one_name():
    shop = Shop()
    named = names_of([shop.door._lock, shop.door])
    assert [*named.values()] == ["condition Shop.door"] * 2


def take_two(first: threading.Lock, second: threading.Lock) -> None:
    with first, second:
        pass


def test_a_search_that_was_brief_leaves_the_next_one_its_names():
    """Where a search reads no names, none are looked up: that ends with it."""
    instrumentation = instrumentation_for([take_two])
    for _ in range(2):
        with exploring(instrumentation, 60):
            left = threading.Lock()
            left.acquire()
            told = execute(InOrder((1,)), partial(take_two, threading.Lock(), left))
            assert told.outcome == "deadlock"
            assert told.states[0].waits_for == "lock left"
            start_round(is_brief=True, goes_on=True)
    assert not baton.terms.goes_on


@collector_knows_functions
def test_the_name_is_that_of_the_place_where_it_is_made():
    def within(given):
        return names_of([lock], [sys._getframe(1), sys._getframe()])[id(given)]

    lock = threading.Lock()
    assert within(lock) == "lock lock"
    door = lock
    del door

    class Store:
        door = threading.Lock()

    assert names_of([Store.door])[id(Store.door)] == "lock Store.door"


def test_two_things_of_one_name_are_told_apart():
    shops = Shop(), Shop()
    named = names_of([shop.door for shop in shops])
    assert [*named.values()] == ["condition Shop.door", "condition Shop.door (no. 2)"]


class Loud(type):
    """Whoever asks a class of this kind, or an instance of it, anything, is heard."""

    __name__ = property(lambda cls: pytest.fail("asked for the name"))
    __module__ = property(lambda cls: pytest.fail("asked for the module"))
    __mro__ = property(lambda cls: pytest.fail("asked for the bases"))

    def __getattribute__(cls, name):
        pytest.fail(f"asked the class for {name}")

    def __instancecheck__(cls, instance):
        pytest.fail("asked whether it is one")

    def __subclasscheck__(cls, subclass):
        pytest.fail("asked whether it is one")


def hear(self, *args):
    pytest.fail(f"ran the program's code: {args}")


LOUD = {
    **dict.fromkeys(("__getattribute__", "__getattr__", "__eq__", "__bool__", "__len__"), hear),
    **dict.fromkeys(("__iter__", "__contains__", "items", "get", "keys", "__getitem__"), hear),
    "__class__": property(hear),
    "__hash__": None,
}


@pytest.mark.parametrize("base", [object, dict])
def test_naming_runs_no_code_of_the_program(base):
    Hostile = Loud("Hostile", (base,), dict(LOUD))  # noqa: N806 - a class
    lock, other = threading.Lock(), threading.Lock()
    holder = base.__new__(Hostile)
    object.__setattr__(holder, "door", lock)
    if base is dict:
        dict.__setitem__(holder, "gate", other)
        assert names_of([other])[id(other)] == "lock gate"
    assert names_of([lock])[id(lock)] == "lock Hostile.door"


def test_an_own_dict_property_is_not_asked():
    class Hiding:
        __slots__ = ("door", "rest")
        __dict__ = property(hear)

    hiding = Hiding()
    hiding.door = threading.Lock()
    assert names_of([hiding.door])[id(hiding.door)] == "lock Hiding.door"


def test_a_key_that_is_no_plain_text_is_not_asked():
    class Key(str):
        __eq__ = __str__ = __format__ = hear
        __hash__ = str.__hash__

    lock = threading.Lock()
    table = {Key("door"): lock}
    assert names_of([lock])[id(lock)] == "lock"
    assert len(table) == 1


def test_what_lived_before_a_fork_keeps_its_name():
    gc.freeze()  # as in a child: the collector does not know this module any more
    try:
        passed_on = SEEN_BY_NO_COLLECTOR
        name = names_of([passed_on], [sys._getframe()])[id(passed_on)]
    finally:
        gc.unfreeze()
    assert name == f"lock {__name__}.SEEN_BY_NO_COLLECTOR"


def test_a_condition_whose_lock_only_has_a_label_is_called_a_condition():
    shop = Shop()
    lock = shop.door._lock
    assert names_of([lock], labels={id(lock): "Shop.door"})[id(lock)] == "condition Shop.door"


def test_locks_between_processes_are_called_by_what_is_around_them():
    class Till:
        def __init__(self):
            self.door, self.sum = multiprocessing.RLock(), multiprocessing.Value("i", 0)

    till, ready = Till(), multiprocessing.Condition()
    inner = [till.door._semlock, till.sum.get_lock()._semlock, ready._wait_semaphore._semlock]
    named = names_of(inner, [sys._getframe()])
    told = [named[id(lock)] for lock in inner]
    assert told == ["lock Till.door", "lock Till.sum", "condition ready"]


def test_a_future_is_called_what_the_program_calls_it():
    with ThreadPoolExecutor(1) as pool:
        hold, answer = threading.Event(), Future()
        job = pool.submit(hold.wait)
        named = names_of([job, answer], [sys._getframe()])
        hold.set()
    assert [named[id(job)], named[id(answer)]] == ["future job", "future answer"]
