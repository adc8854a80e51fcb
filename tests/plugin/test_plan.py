"""A plan that looks before it spends: what is not run of a test, and what is run all the same.

Each program is one that two threads may pass, and more of them not, or for which too little is
known; beside it one that really shares nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Run

pytestmark = pytest.mark.timeout(600)
DEFAULTS = ("--concurrency-stress", "--concurrency-schedules=60", "-v")

PROGRAMS = """
import itertools, queue, random, threading
from dataclasses import dataclass
import pytest

pytestmark = pytest.mark.threadsafe

@dataclass(frozen=True)
class Point:
    x: int
    y: int
    def moved(self, by):
        return Point(self.x + by, self.y + by)

class Basket:
    made = 0
    def __init__(self):
        self.things = []
        self.count = 0
    def put(self, thing):
        self.things.append(thing)
        self.count += 1

class Gate:
    def __init__(self, places):
        self.places = threading.Semaphore(places)
    def enter(self):
        return self.places.acquire(timeout=5)

PRICES = {"tea": 3}
BASKETS = [Basket(), Basket()]
SEEN = []
NUMBERS = itertools.count()

@pytest.fixture
def basket():
    return Basket()

@pytest.fixture
def baskets():
    return [Basket() for _ in range(2)]

@pytest.fixture
def path(tmp_path):
    return tmp_path

# -- these share nothing

def test_alone__values():
    assert Point(1, 2).moved(3) == Point(4, 5)

def test_alone__own_objects():
    basket = Basket()
    for number in range(3):
        basket.put(number)
    assert basket.count == 3

def test_alone__reads_a_global():
    found = {}
    for name, price in PRICES.items():
        found[name] = 2 * price
    assert found == {"tea": 6}

def test_alone__reads_a_fixture(basket):
    assert basket.count == 0
    assert [thing for thing in basket.things] == []

@pytest.mark.parametrize("by", [1, 2])
def test_alone__parametrized(by):
    assert Point(0, 0).moved(by).x == by

class TestAlone:
    @pytest.fixture(autouse=True)
    def made(self):
        self.basket = 1
    def test_alone__own_instance(self):
        self.found = [self.basket]
        self.found.append(2)
        assert self.found == [1, 2]

# -- these share something, or may

def test_shared__one_basket(basket):
    basket.put(1)
    assert basket.count >= 1

def test_shared__a_global():
    SEEN.append(1)
    assert SEEN

def test_shared__a_class():
    Basket.made = 1
    assert Basket.made == 1

def test_shared__every_second_basket(baskets, thread_index):
    baskets[thread_index % 2].put(1)

def test_shared__every_second_basket_by_name(baskets):
    number = threading.current_thread().name.rpartition("-")[2]
    baskets[int(number) % 2 if number.isdigit() else 0].put(1)

def test_shared__a_semaphore_of_two(concurrency):
    gate = Gate(2)
    concurrency.run(gate.enter)

@pytest.fixture
def gate():
    return Gate(20)

def test_shared__a_semaphore_of_copies(gate):
    assert gate.enter()

def test_shared__a_lock_of_its_own():
    with threading.Lock():
        pass

def test_shared__a_queue_of_its_own():
    own = queue.Queue()
    own.put(1)
    assert own.get() == 1

def test_shared__chance():
    assert random.random() < 1

def test_shared__numbers():
    assert next(NUMBERS) >= 0

def test_shared__a_file(path):
    (path / "made").write_text("x")

def test_shared__how_many(thread_count):
    assert Point(thread_count, 0).x == thread_count

def test_shared__asks_for_what_it_likes(request):
    assert Point(1, 0).x == 1

def test_shared__code_made_by_exec():
    found = {}
    exec("def f(): return 1", found)
    assert found["f"]() == 1
"""


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("plan") / "report.json"


def test_what_shares_nothing_is_run_with_two_threads_only(
    run: Callable[..., Run], where: Path
) -> None:
    found = run(PROGRAMS, *DEFAULTS, f"--concurrency-json={where}", "--concurrency-runs=8")
    labels = {
        name: [each.cell.label for each in report.not_run]
        for name, report in found.of.items()
        if report.outcome == "passed"
    }
    assert len(labels) >= 18
    for name, left_out in labels.items():
        alone = name.startswith("test_alone")
        assert left_out == (["explored 4T", "free 4T"] if alone else []), name
    for name, report in found.of.items():
        runs = {each.cell.label: each.schedules for each in report.cells}
        if name.startswith("test_alone"):
            assert (runs["free 2T"], runs["processes 2P"]) == (5, 1), name
            assert report.isolation.verdict == "clean"
            assert "2 and 4" not in report.isolation.reason
    document = json.loads(where.read_text(encoding="utf-8"))
    (told,) = [each for each in document["tests"] if each["nodeid"].endswith("alone__values")]
    assert [each["kind"] for each in told["not_run"]] == ["explored", "free-running"]
    assert told["not_run"][0]["threads"] == 4
    assert "share nothing" in told["not_run"][0]["reason"]
    assert "    explored 4T: not run: every interleaving of explored 2T was run" in found.out


HIDDEN_BEHIND_FOUR = """
import threading, pytest

pytestmark = pytest.mark.threadsafe

class Pool:
    def __init__(self):
        self.free = threading.Semaphore(2)
    def use(self):
        if not self.free.acquire(blocking=False):
            raise RuntimeError("no permit left")

def test_a_semaphore_of_two(concurrency):
    concurrency.run(Pool().use)

def test_a_barrier_of_three(concurrency, thread_count):
    barrier = threading.Barrier(3)
    concurrency.run(lambda: thread_count < 3 or barrier.wait())

@pytest.fixture
def shelves():
    return [[0], [0]]

def test_every_second_shelf(shelves, thread_index):
    shelf = shelves[thread_index % 2]
    shelf[0] += 1

def test_starts_one(shelves):
    thread = threading.Thread(target=lambda: shelves[0].append(1))
    thread.start()
    thread.join()

class Counter:
    def __init__(self):
        self.value = 0
    def increment(self):
        value = self.value
        self.value = value + 1

def test_lost(concurrency):
    counter = Counter()
    concurrency.run(counter.increment)
    assert counter.value == concurrency.count
"""


def test_what_only_four_threads_show_is_found_and_not_shown_again_at_full_speed(
    run: Callable[..., Run],
) -> None:
    found = run(HIDDEN_BEHIND_FOUR, "--concurrency-stress", "--concurrency-runs=8", "-v")
    for name in ("test_a_semaphore_of_two", "test_a_barrier_of_three", "test_every_second_shelf"):
        assert {each.threads for each in found.of[name].hazards} == {4}, name
        assert [each.cell.label for each in found.of[name].not_run] == ["free 2T", "free 4T"]

    own = found.of["test_starts_one"]
    assert [(each.cell.label, each.is_same) for each in own.not_run] == [("explored 4T", True)]

    lost = found.of["test_lost"]
    assert lost.isolation.verdict == "hidden"
    assert [each.cell.label for each in lost.not_run] == ["free 2T", "free 4T"]
    found.result.stdout.fnmatch_lines(["-: not run: *"])
