"""What locks and conditions are called where threads wait for them."""

from __future__ import annotations

import threading

from pytest_concurrency import explore
from pytest_concurrency.runtime.naming import names_of


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
    assert waiting.waits_for == "notify of condition Shop.door"
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
    import sys

    door = threading.Condition()
    knock = door.notify
    named = names_of([door], [sys._getframe()])
    assert named[id(door)] == "condition door"
    assert knock
