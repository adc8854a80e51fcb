"""Whether a hazard can happen with the GIL: what is said is what this interpreter does."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from pytest_concurrency import explore
from pytest_concurrency._compat import gil_enabled
from pytest_concurrency.detect.gil.instructions import Chance, Instructions
from pytest_concurrency.detect.gil.windows import windows
from pytest_concurrency.detect.observation import Execution
from pytest_concurrency.runtime.trace.event import access

TOTAL = 0


class Odd(int):
    """Adds in Python."""

    def __radd__(self, other: int) -> Any:
        return Odd(other + int(self))


class Counter:
    step = 1

    def __init__(self) -> None:
        global TOTAL
        TOTAL = 0
        self.value: Any = 0
        self.other = 0
        self.odd = Odd(1)
        self.counts = {"a": 0}
        self.items = ["a"]
        self.one, self.two = threading.Lock(), threading.Lock()

    @property
    def current(self) -> int:
        return self.value

    @property
    def always_one(self) -> int:
        return 1

    def get(self) -> int:
        return self.value

    def put(self, value: int) -> None:
        self.value = value


def more(value: int) -> int:
    return value + 1


# -- no instruction between the two looks whether it has to let others run -----------------------


def augmented(counter: Counter) -> None:
    counter.value += 1


def in_two_statements(counter: Counter) -> None:
    value = counter.value
    counter.value = value + 1


def by_an_argument(counter: Counter, by: int = 1) -> None:
    counter.value += by


def by_an_attribute(counter: Counter) -> None:
    counter.value = counter.value + counter.step


def computed_twice(counter: Counter) -> None:
    counter.value = counter.value * 2 + 1


def after_a_decision(counter: Counter) -> None:
    value = counter.value
    if value is not None:
        counter.value = value + 1


def item(counter: Counter) -> None:
    counter.counts["a"] += 1


def global_(counter: Counter) -> None:
    global TOTAL
    TOTAL = TOTAL + 1


def by_a_getter(counter: Counter) -> None:
    counter.value = counter.get() + 1


def by_a_property(counter: Counter) -> None:
    counter.value = counter.current + 1


NEVER = [
    augmented,
    in_two_statements,
    by_an_argument,
    by_an_attribute,
    computed_twice,
    after_a_decision,
    item,
    global_,
    by_a_getter,
    by_a_property,
]


@pytest.mark.parametrize("work", NEVER)
def test_needs_free_threaded_python(work: Callable[[Counter], None]) -> None:
    (hazard,) = explore(Counter, [work, work], schedules=200).hazards
    assert hazard.gil == "free-threaded-only"


# -- one does -------------------------------------------------------------------------------


def by_a_function(counter: Counter) -> None:
    counter.value = more(counter.value)


def by_a_function_in_c(counter: Counter) -> None:
    counter.value = max(counter.value + 1, 0)


def over_a_loop(counter: Counter) -> None:
    value = counter.value
    for _ in range(2):
        pass
    counter.value = value + 1


def by_getter_and_setter(counter: Counter) -> None:
    counter.put(counter.get() + 1)


def something_else_meanwhile(counter: Counter) -> None:
    value = counter.value
    other = counter.other  # the first place to switch at is no place, a later one is
    counter.value = value + int(str(other)) + 1


def sum_over_rounds(counter: Counter) -> None:
    value = counter.value
    while value < 3:
        value += 1
    counter.value = value


def locks_in_opposite_orders(counter: Counter) -> None:
    with counter.one, counter.two:
        pass


def locks_the_other_way_round(counter: Counter) -> None:
    with counter.two, counter.one:
        pass


CAN = [
    (by_a_function, by_a_function),
    (by_a_function_in_c, by_a_function_in_c),
    (over_a_loop, over_a_loop),
    (by_getter_and_setter, by_getter_and_setter),
    (something_else_meanwhile, something_else_meanwhile),
    (locks_in_opposite_orders, locks_the_other_way_round),
]


@pytest.mark.parametrize("workers", CAN, ids=[one.__name__ for one, _ in CAN])
def test_can_happen_with_the_gil(workers: tuple[Callable[[Counter], None], ...]) -> None:
    hazard = explore(Counter, workers, schedules=200).hazards[0]
    assert hazard.gil == "reachable"


# -- it depends on what is not known ----------------------------------------------------------


def by_a_class_of_the_program(counter: Counter) -> None:
    counter.value += counter.odd


def by_a_property_in_between(counter: Counter) -> None:
    counter.value = counter.value + counter.always_one


def compared_with_anything(counter: Counter, most: int = 5) -> None:
    value = counter.value
    if value < most:
        counter.value = value + 1


def taken_after_a_look(counter: Counter) -> None:
    if counter.items:
        counter.items.pop()


def looks_only_until_it_is_known(counter: Counter) -> None:
    if len(counter.items) > 0:
        counter.items.pop()


@pytest.mark.parametrize(
    "work",
    [
        by_a_class_of_the_program,
        compared_with_anything,
        looks_only_until_it_is_known,
        taken_after_a_look,
    ],
)
def test_is_not_known(work: Callable[[Counter], None]) -> None:
    """Of a failure another interleaving may be the cause, too, one that can happen."""
    hazard = explore(Counter, [work, work], schedules=200).hazards[0]
    assert hazard.gil == "unknown"


def test_a_deadlock_may_come_of_another_interleaving() -> None:
    """The shortest schedule needs free-threaded Python; but who waits for the lock may get it while
    the other thread is interrupted."""

    def write(counter: Counter) -> None:
        with counter.one:
            if counter.other:
                counter.one.acquire()

    def look(counter: Counter) -> None:
        counter.other = 1
        with counter.one:
            pass
        counter.other = 0

    hazard = explore(Counter, [write, look], schedules=100).hazards[0]
    # From 3.14 on ``with`` calls, which is a place to switch at.
    expected = "unknown" if sys.version_info < (3, 14) else "reachable"
    assert (hazard.kind, hazard.gil) == ("deadlock", expected)


def test_a_property_in_python_is_a_call() -> None:
    (hazard,) = explore(Counter, [by_a_property_in_between] * 2, schedules=200).hazards
    assert hazard.gil != "free-threaded-only"


def test_what_needs_no_preemption_can_happen() -> None:
    def work(counter: Counter) -> None:
        counter.one.acquire()

    hazard = explore(Counter, [work, work], schedules=20).hazards[0]
    assert (hazard.kind, hazard.gil) == ("deadlock", "reachable")


# -- the interpreter agrees -------------------------------------------------------------------


def is_lost(work: Callable[[Counter], None], seconds: float) -> bool:
    """Whether two threads at full speed, which switch as often as they can, lose an update."""
    before, until = sys.getswitchinterval(), time.monotonic() + seconds
    sys.setswitchinterval(1e-6)

    def run(counter: Counter) -> None:
        for _ in range(2000):
            work(counter)

    try:
        while time.monotonic() < until:
            counter = Counter()
            threads = [threading.Thread(target=run, args=[counter]) for _ in range(2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            if max(counter.value, counter.counts["a"], TOTAL) != 4000:
                return True
    finally:
        sys.setswitchinterval(before)
    return False


@pytest.mark.skipif(not gil_enabled(), reason="without the GIL anything is lost")
@pytest.mark.parametrize("work", [each for each in NEVER if each is not computed_twice])
def test_is_never_lost_at_full_speed(work: Callable[[Counter], None]) -> None:
    assert not is_lost(work, seconds=0.2)


@pytest.mark.parametrize("work", [by_a_function, by_a_function_in_c, over_a_loop])
def test_is_lost_at_full_speed(work: Callable[[Counter], None]) -> None:
    assert is_lost(work, seconds=30)


# -- the parts ------------------------------------------------------------------------------


def chances(source: str) -> set[Chance]:
    code = compile(f"def f(a, b):\n {source}", "f.py", "exec").co_consts[0]
    known = Instructions(code, {})
    return set(known.chances[1:])  # but for RESUME


@pytest.mark.parametrize("source", ["a = b", "a = b; b = a", "return b"])
def test_nobody_is_let_in(source: str) -> None:
    assert chances(source) == {Chance.NONE}


@pytest.mark.parametrize("source", ["a()", "a(b=1)", "a(*b)", "while a is None: b = 1"])
def test_others_are_let_in(source: str) -> None:
    assert Chance.SURE in chances(source)


@pytest.mark.parametrize(
    "source", ["a + b", "a < b", "-a", "a.b", "a[b]", "for _ in a: pass", "not a"]
)
def test_others_may_be_let_in(source: str) -> None:
    assert Chance.MAYBE in chances(source)


def execution(*events: tuple[int, str, str]) -> Execution:
    log = [access(thread, 0, 1, name, op) for thread, name, op in events]
    return Execution("", (), 0, len(log), log, 3, (), (), 0)


def test_a_window_reaches_from_conflict_to_conflict() -> None:
    done = execution(
        (1, "other", "read"),
        (1, "x", "read"),
        (1, "mine", "write"),
        (2, "x", "write"),
        (1, "mine", "read"),
        (1, "x", "write"),
        (1, "other", "read"),
    )
    assert list(windows(done)) == [[1, 2, 4, 5]]


def test_who_is_interrupted_before_or_after_all_that_matters_may_always_have_been() -> None:
    assert list(windows(execution((1, "a", "read"), (2, "x", "write"), (1, "x", "read")))) == []
    assert list(windows(execution((1, "x", "read"), (2, "x", "write"), (1, "a", "read")))) == []


def test_who_waits_is_not_interrupted() -> None:
    done = execution((1, "x", "read"), (2, "x", "write"), (1, "x", "write"))
    assert list(windows(done)) == [[0, 2]]
    done.noted = [(1, 1, -1, "lock", "", "wait")]
    assert list(windows(done)) == []
