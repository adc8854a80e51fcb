"""Outcomes of whole tests that assert nothing: callables, copies, threads that a test starts."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .conftest import EXPLORED_ONLY, Run

pytestmark = pytest.mark.timeout(300)

SHOP = """
import threading
import pytest

pytestmark = pytest.mark.threadsafe

class Shop:
    def __init__(self):
        self.lock = threading.Lock()
        self.left = 1
        self.price = self.tax = 0
        self.log = []

    def buy(self):
        if not self._is_there():
            return False
        self._take()
        return True

    def _is_there(self):
        with self.lock:
            return self.left > 0

    def _take(self):
        with self.lock:
            self.left = 0

    def buy_locked(self, who):
        with self.lock:
            if self.left == 0:
                return False
            self.left = 0
            self.log.append(who)
            return True

    def raise_price(self):
        self.price = 10
        self.tax = 2

    def prices(self):
        return self.price, self.tax

@pytest.fixture
def shop():
    return Shop()
"""
FOUND = f"""{SHOP}
def test_callables(concurrency):
    shop = Shop()
    concurrency.run([shop.raise_price, shop.prices])

def test_lambdas(concurrency):
    shop = Shop()
    concurrency.run([lambda: shop.buy(), lambda: shop.buy()])

def test_function_in_the_test(concurrency):
    tray = ["tea"]
    stock = {{"tea": 1}}

    def serve():
        if stock["tea"] == 0:
            return "sold out"
        stock.update(tea=0)
        return "tea"

    concurrency.run(serve)

def test_own_threads():
    shop, told = Shop(), []
    threads = [threading.Thread(target=lambda n=n: told.append(shop.buy())) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

def test_watched(concurrency):
    shop, ends = Shop(), Shop()

    class Clerk:
        __slots__ = ()

        def read(self):
            ends.price, ends.tax = shop.price, shop.tax

        def write(self):
            shop.raise_price()

    concurrency.watch(ends)
    concurrency.run([Clerk().read, Clerk().write])

def test_own_threads_with_the_fixture(concurrency):
    shop, told = Shop(), []
    concurrency.watch(told)
    threads = [threading.Thread(target=lambda: told.append(shop.buy())) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

def test_class_in_the_test(concurrency):
    class Text:
        def __init__(self):
            self.words = []

        def joined(self, words):
            self.words.clear()
            for word in words:
                self.words.append(word)
            return " ".join(self.words)

    text = Text()
    concurrency.run([lambda: text.joined("ab"), lambda: text.joined("cd")])

SHOP = Shop()

def test_what_the_first_round_leaves(concurrency):
    concurrency.run([SHOP.raise_price, SHOP.prices])
"""
CLEAN = f"""{SHOP}
def test_callables(concurrency):
    shop = Shop()
    concurrency.run([lambda: shop.buy_locked("anna"), lambda: shop.buy_locked("ben")])

def test_several_calls(concurrency):
    shop = Shop()

    def work():
        shop.raise_price()
        return shop.buy_locked("anna"), shop.buy_locked("ben")

    concurrency.run(work)

class TestCopies:
    def test_copies(self, shop):
        shop.buy_locked("anna")
        shop.log.append("one more")
        shop.buy_locked("ben")

def test_own_threads():
    shop, told = Shop(), []
    threads = [threading.Thread(target=lambda n=n: told.append(shop.buy_locked(n))) for n in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

class Clerk(threading.Thread):
    def __init__(self, shop):
        super().__init__()
        self.shop = shop
        self.seen = None

    def run(self):
        self.shop.buy_locked("anna")
        self.seen = len(self.shop.log)
        with self.shop.lock:
            self.shop.price += 1
        with self.shop.lock:
            self.seen = self.shop.price

def test_threads_of_a_class():
    shop = Shop()
    clerks = [Clerk(shop), Clerk(shop)]
    for clerk in clerks:
        clerk.start()
    for clerk in clerks:
        clerk.join()

def test_visitors_at_once(concurrency):
    shop = Shop()

    class Door:
        most = 0

        def visit(self):
            with shop.lock:
                shop.price += 1
                self.most = max(self.most, shop.price)
            with shop.lock:
                shop.price -= 1

    concurrency.run(Door().visit)

def test_who_waits(concurrency):
    shop, ready = Shop(), threading.Event()

    def first():
        shop.raise_price()
        ready.set()

    def second():
        ready.wait()
        return shop.prices()

    concurrency.run([first, second])
"""


def test_found(run: Callable[..., Run]) -> None:
    found = run(FOUND, *EXPLORED_ONLY)
    kinds = {name: {each.kind for each in report.hazards} for name, report in found.of.items()}
    assert kinds.pop("test_class_in_the_test") == {"stale-read"}
    assert kinds == {name: {"nonserializable-outcome"} for name in kinds}
    assert len(kinds) == 7
    message = {name: report.hazards[0].message for name, report in found.of.items()}
    assert "results = [None, (10, 0)]" in message["test_callables"]
    assert "results = [None, (10, 0)]" in message["test_what_the_first_round_leaves"]
    assert "results = [True, True]" in message["test_lambdas"]
    assert "results = ['tea', 'tea']" in message["test_function_in_the_test"]
    assert "told = [True, True]" in message["test_own_threads"]
    assert "comes to this: watched 1.tax = 2" in message["test_watched"]
    locations = {name: report.hazards[0].location for name, report in found.of.items()}
    assert locations["test_lambdas"] == locations["test_own_threads"] == "Shop.left"
    assert locations["test_callables"] == "Shop.price and Shop.tax"


def test_a_token_replays_it(run: Callable[..., Run]) -> None:
    found = run(FOUND, *EXPLORED_ONLY, "-k", "test_lambdas")
    token = found.token("test_lambdas")
    again = run(FOUND, f"--concurrency-replay={token}", "-k", "test_lambdas")
    (hazard,) = again.of["test_lambdas"].hazards
    assert (hazard.kind, hazard.replay) == ("nonserializable-outcome", token)


def test_clean(run: Callable[..., Run]) -> None:
    found = run(CLEAN, *EXPLORED_ONLY)
    told = {
        name: {(hazard.kind, hazard.severity) for hazard in report.hazards}
        for name, report in found.of.items()
        if report.hazards
    }
    assert told == {"test_several_calls": {("data-race", "note")}}
    assert found.ret == 0
    assert len(found.of) == 7


SUBTESTS = """
import unittest

class Box:
    def __init__(self): self.value = 0

class TestBox(unittest.TestCase):
    box = Box()

    def test_racy(self):
        with self.subTest(number=1):
            seen = self.box.value
            self.box.value = seen + 1
            self.assertEqual(self.box.value, seen + 1)

    def test_failing(self):
        with self.subTest(number=1):
            self.assertEqual(self.box.value, -1)
"""


def test_a_failed_subtest_is_a_failure(run: Callable[..., Run]) -> None:
    found = run(SUBTESTS, *EXPLORED_ONLY, "--concurrency-select=all", "-p", "no:randomly")
    failing, racy = found.of["test_failing"], found.of["test_racy"]
    assert failing.cells[0].outcome == "error"
    assert failing.reason.startswith("fails without concurrency: AssertionError")
    assert "test-failure" in {hazard.kind for hazard in racy.hazards}
    assert {hazard.location for hazard in racy.hazards} == {"Box.value"}
