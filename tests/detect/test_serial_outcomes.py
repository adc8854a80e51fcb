"""Outcomes that no order of the workers explains: what is compared, by whom, and what is told, in
programs that check nothing.
"""

from __future__ import annotations

import threading
import uuid
from collections import OrderedDict, deque
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from loading import load_module

from pytest_concurrency import explore
from pytest_concurrency.detect.hazards.outcome import difference
from pytest_concurrency.detect.outcome import Outcome, Placed, differences
from pytest_concurrency.detect.outcomes.calls import CALLED, Choice, Steps, following, is_one_call
from pytest_concurrency.detect.outcomes.description import Describer
from pytest_concurrency.detect.outcomes.given import by_name, held_by, is_same_call
from pytest_concurrency.detect.outcomes.serial import SerialOutcomes
from pytest_concurrency.runtime.effects.foreign import INSTRUMENTED_MODULES
from pytest_concurrency.runtime.trace.operations import ACQUIRE, READ, STEP, WRITE

FLAGGED = Path(__file__).parents[1] / "corpus" / "flagged"


# -- found, without a check -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "location", "first", "foreign", "then", "shown"),
    [
        (
            "seat_promised_twice",
            "Coach.free",
            'if "1a" not in self.free:',
            'self.free.discard("1a")',
            'self.free.discard("1a")',
            "results = [True, True]",
        ),
        (
            "session_opened_twice",
            "Sessions.open['anna']",
            "if user not in self.open:",
            "self.open[user] = Session(user)",
            "self.open[user] = Session(user)",
            "results = [{'class': 'Session', 'user': 'anna'}, {'class': 'Session', ",
        ),
        (
            "total_seen_short",
            "Bank.anna and Bank.ben",
            "self.anna -= 4",
            "return self.anna + self.ben",
            "self.ben += 4",
            "results = [None, 6]",
        ),
        (
            "aba_stack",
            "Stack.top",
            "top = self.top",
            "self.top = new",
            "if self.top is not seen:",
            "state.top = '<the Node of state.taken[0]>'",
        ),
        (
            "draft_sent_twice",
            "Editor.draft",
            "draft = self.draft",
            "self.draft = None",
            "self.draft = None",
            "state.sent = ['hello', 'hello']",
        ),
        (
            "subscriber_misses_message",
            "Topic.messages and Topic.inboxes",
            "self.messages.append(message)",
            "inbox = self.messages.copy()",
            "for inbox in self.inboxes.copy():",
            "state.inboxes = [['hello', 'hello']]",
        ),
        (
            "letters_thrown_away",
            "Box.letters",
            "taken = self.letters.copy()",
            'self.letters.append("card")',
            "self.letters.clear()",
            "results = [None, ['bill']]",
        ),
    ],
)
def test_it_is_found_where_it_is(name, location, first, foreign, then, shown):
    program = load_module(f"outcome_{name}", FLAGGED / f"{name}.py")
    (hazard,) = explore(program.setup, program.WORKERS).hazards
    assert (hazard.kind, hazard.severity) == ("nonserializable-outcome", "error")
    assert [use.site.source for use in hazard.sites] == [first, foreign, then]
    assert hazard.sites[0].thread == hazard.sites[2].thread != hazard.sites[1].thread
    assert hazard.location == location
    assert shown in hazard.message
    assert hazard.detail.startswith("- one after another (the most similar), + here:\n")
    assert "\n+ " in hazard.detail


def test_of_a_large_state_what_differs_is_shown():
    large = {f"name{number:02}": "x" * 20 for number in range(100)}
    here, before = (Outcome([], {**large, "name50": end}) for end in ("is", "was"))
    assert difference(here, before).splitlines() == [
        "- one after another (the most similar), + here:",
        "  ...",
        f"   'name49': '{'x' * 20}',",
        "-  'name50': 'was',",
        "?             ^^",
        "+  'name50': 'is',",
        "?             ^",
        f"   'name51': '{'x' * 20}',",
        "  ...",
    ]


class Tickets:
    """Correct: each call is one step."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.last = 0

    def draw(self) -> int:
        with self.lock:
            self.last += 1
            return self.last

    def draw_in_two_steps(self) -> int:
        drawn = self.draw_without()
        self.last = drawn
        return drawn

    def draw_without(self) -> int:
        return self.last + 1


def one_ticket(tickets: Tickets) -> int:
    return tickets.draw()


def three_tickets(tickets: Tickets) -> list[int]:
    return [tickets.draw() for _ in range(3)]


def two_by_two_statements(tickets: Tickets) -> tuple[int, int]:
    first = tickets.draw()
    second = tickets.draw()
    return first, second


@pytest.mark.parametrize(
    "workers",
    [
        [one_ticket, three_tickets],
        [three_tickets] * 2,
        [two_by_two_statements] * 2,
        [two_by_two_statements, three_tickets],
    ],
)
def test_a_worker_of_several_calls_may_be_interrupted_between_them(workers):
    found = explore(Tickets, workers, schedules=200)
    assert not found.hazards, found.hazards[0].message


def two_wrong_calls(tickets: Tickets) -> tuple[int, int]:
    return tickets.draw_in_two_steps(), tickets.draw_in_two_steps()


def test_but_not_within_one():
    found = explore(Tickets, [two_wrong_calls, two_wrong_calls])
    assert {hazard.kind for hazard in found.hazards} <= {"nonserializable-outcome", "lost-update"}
    assert found.hazards


def test_a_check_judges_in_its_place():
    def read(pair: dict[str, int]) -> tuple[int, int]:
        return pair["a"], pair["b"]

    def write(pair: dict[str, int]) -> None:
        pair["a"] = 1
        pair["b"] = 1

    def setup() -> dict[str, int]:
        return {"a": 0, "b": 0}

    assert explore(setup, [read, write]).hazards
    assert not explore(setup, [read, write], lambda pair: pair["a"] == 1).hazards


def test_the_outcome_of_a_lost_update_is_no_second_hazard():
    def increment(state: dict[str, int]) -> int:
        state["n"] += 1
        return state["n"]

    found = explore(lambda: {"n": 0}, [increment, increment], stop_at_first=False)
    assert [hazard.kind for hazard in found.hazards] == ["lost-update"]


def test_what_differs_between_two_runs_of_one_order_says_nothing():
    class Visitors:
        def __init__(self) -> None:
            self.keys: dict[str, str] = {}
            self.latest = ""
            self.torn = [0, 0]

        def enter(self) -> tuple[int, int]:
            key = uuid.uuid4().hex
            self.latest = key
            self.keys[key] = key
            self.latest = key
            return self.torn[0], self.torn[1]

        def tear(self) -> None:
            self.torn[0] = 1
            self.torn[1] = 1

    assert not explore(Visitors, [Visitors.enter] * 2, schedules=100).hazards
    (hazard,) = explore(Visitors, [Visitors.enter, Visitors.tear], schedules=100).hazards
    assert "results = [(0, 1), None]" in hazard.message


# -- who is one call ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps", "is_one"),
    [
        ({}, True),
        ({(1, 2, CALLED): 1}, True),
        ({(1, 2, CALLED): 2}, False),
        ({(1, 2, CALLED): 1, (1, 4, WRITE): 1}, False),
        ({(1, 2, READ): 1, (1, 4, WRITE): 1}, True),
        ({(1, 2, READ): 2, (1, 4, WRITE): 1}, False),
        ({(1, 2, ACQUIRE): 1, (1, 4, WRITE): 1}, True),
        ({(1, 2, ACQUIRE): 1, (1, 4, ACQUIRE): 1}, False),
        ({(1, 2, STEP): 4, (1, 4, WRITE): 1}, True),
        ({(1, 2, STEP): 4, (1, 4, WRITE): 4}, False),
    ],
)
def test_one_call(steps, is_one):
    assert is_one_call(Steps(steps)) is is_one


def test_all_orders_come_one_after_another():
    def run(picks: list[int]) -> list[Choice]:
        """Two threads with two calls each."""
        left, order = [2, 2], []
        while any(left):
            runnable = [thread for thread in (0, 1) if left[thread]]
            number = len(order)
            picked = picks[number] if number < len(picks) else 0
            left[runnable[picked]] -= 1
            order.append(Choice(picked, len(runnable)))
        return order

    picks: list[int] | None = []
    seen = set()
    while picks is not None:
        choices = run(picks)
        seen.add(tuple(choices))
        picks = following(choices)
    assert len(seen) == 6


# -- what is compared -----------------------------------------------------------------------


class Node:
    def __init__(self, value: Any, following: Any = None) -> None:
        self.value = value
        self.following = following


class Slotted:
    __slots__ = ("one", "other")

    def __init__(self) -> None:
        self.one = 1


class Trap:
    """Nothing of it may run."""

    def __init__(self) -> None:
        self.kept = 1

    def _refuse(self, *args: object) -> Any:
        raise AssertionError("code of the program was run")

    __repr__ = __hash__ = __len__ = __bool__ = __iter__ = __getattr__ = _refuse


class Equal(Trap):
    def __eq__(self, other: object) -> bool:
        return self._refuse()

    __hash__ = Trap._refuse


@dataclass
class Money:
    amount: int


class Colour(Enum):
    RED = 1


class Keyed(dict[str, int]):
    pass


@pytest.fixture(autouse=True)
def _programs_own():
    INSTRUMENTED_MODULES.add(__name__)
    yield
    INSTRUMENTED_MODULES.discard(__name__)


SOMETHING = [1]


def described(value: object) -> Any:
    return Describer({4711}, [id(SOMETHING)]).describe(value, ("results", "*"), "it")


def _ring() -> Node:
    node = Node(1)
    node.following = node
    return node


def _endless_list() -> list[Any]:
    found: list[Any] = []
    found.append(found)
    return found


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (7, 7),
        (float("nan"), "nan"),
        ("text", "text"),
        ((1, [2]), (1, [2])),
        (deque([1]), [1]),
        (OrderedDict(a=1), {"a": 1}),
        ({2, 1}, [1, 2]),
        ({(1, 2): 3}, {"(1, 2)": 3}),
        (Node(1, Node(2)), {"class": "Node", "value": 1, "following": Node}),
        (_ring(), {"class": "Node", "value": 1, "following": "<the Node of it>"}),
        (_endless_list(), ["<list>"]),
        (Slotted(), {"class": "Slotted", "one": 1}),
        (Keyed(a=1), {"class": "Keyed", "items": {"a": 1}}),
        (Colour.RED, "Colour.RED"),
        (KeyError("x"), {"class": "KeyError", "args": ["x"]}),
        (threading.Lock(), "<lock>"),
        (threading.Event(), "<Event>"),
        (Node, "<class Node>"),
        (4711, "<ident of a thread>"),
        pytest.param(id(SOMETHING), "<address>", id="address"),
        ("<Node at 0x7f3a5c2d1e80>", "<Node at <passing>>"),
        ("Thread-12 (work)", "<passing> (work)"),
    ],
)
def test_described(value, told):
    if type(told) is dict and told.get("following") is Node:
        told = {**told, "following": {"class": "Node", "value": 2, "following": None}}
    assert described(value) == told


def test_no_code_of_the_program_runs():
    assert described([Trap(), Equal()]) == [
        {"class": "Trap", "kept": 1},
        {"class": "Equal", "kept": 1},
    ]
    assert by_name([("trap", Trap()), ("equal", Equal())]).keys() == {"trap", "equal"}


def test_long_texts_differ_at_their_ends():
    assert described("a" * 5000 + "b") != described("a" * 5000 + "c")
    assert len(described("a" * 5000)) < 200


def test_what_is_large_or_deep_is_told_to_some_extent():
    chain = None
    for number in range(5000):
        chain = Node(number, chain)
    assert "..." in repr(described(chain))
    assert len(described([[] for _ in range(100_000)])) < 2000


def test_two_objects_are_not_one_but_two_values_are():
    def told(*values: object) -> Any:
        return described(list(values))

    node, money = Node(1), Money(1)
    assert told(node, node) != told(node, Node(1))
    assert told(money, money) == told(money, Money(1))
    assert told([1], [1]) == told(*([[1]] * 2))


def outcome(results: list[Any], alike: bool = False, **state: Any) -> Outcome:
    return Outcome(results, state, alike)


def test_differences():
    assert not differences(outcome([1], a={"x": 1}), outcome([1], a={"x": 1}))
    assert differences(outcome([1]), outcome([2])) == {("results", "*")}
    assert differences(outcome([1]), outcome([True])) == {("results", "*")}
    assert differences(outcome([], a={"x": 1}), outcome([], a={"x": 2})) == {("state", "a", "x")}
    assert differences(outcome([], a={"x": 1}), outcome([], a={})) == {("state", "a")}
    assert differences(outcome([], a=[1]), outcome([], a=[1, 2])) == {("state", "a")}
    assert not differences(outcome([], a=1), outcome([], b=1))
    assert not differences(outcome([], a={"x": 1}), outcome([], a={"x": 2}), {("state", "a")})


def test_which_of_equal_workers_is_which_says_nothing():
    assert differences(outcome([1, 2]), outcome([2, 1]))
    assert not differences(outcome([1, 2], alike=True), outcome([2, 1], alike=True))


def test_the_order_of_lists_in_the_state_says_nothing():
    assert not differences(outcome([], log=[1, 2]), outcome([], log=[2, 1]))
    assert differences(outcome([], log=[1, 2]), outcome([], log=[2, 2])) == {("state", "log", "*")}
    assert differences(outcome([[1, 2]]), outcome([[2, 1]])) == {("results", "*", "*")}


def test_items_of_a_record_are_compared_where_the_others_differ_by_chance():
    one, other = outcome([], kept=([1], 12.5)), outcome([], kept=([1, 2], 13.5))
    place = ("state", "kept")
    assert differences(one, other) == {(*place, "0"), (*place, "1")}
    assert differences(one, other, {(*place, "1")}) == {(*place, "0")}
    # Items of one type may be a list that is copied when it is written.
    assert not differences(outcome([], kept=(1, 2)), outcome([], kept=(2, 1)))
    changed = differences(outcome([], kept=(1, 2)), outcome([], kept=(1, 3)))
    assert changed == {(*place, "*")}


def test_what_callables_hold():
    node, kept = Node(1), [1]

    def job(by: dict[str, int]) -> object:
        return (node, kept, by)

    from functools import partial

    found = by_name(held_by(partial(job, by={"a": 1})))
    assert {name: type(value) for name, value in found.items()} == {
        "node": Node,
        "kept": list,
        "by": dict,
    }
    assert by_name(held_by(Tickets().draw)).keys() == {"Tickets"}
    assert by_name(held_by(lambda a, b=node, *, c=kept: (a, b, c))) == {"b": node, "c": kept}
    tickets = Tickets()
    assert is_same_call(tickets.draw, tickets.draw)
    assert not is_same_call(tickets.draw, Tickets().draw)
    assert is_same_call(partial(job, by=found), partial(job, by=found))
    assert not is_same_call(partial(job, by={}), partial(job, by={}))


def test_a_callable_holds_what_functions_find_around_them_that_it_calls():
    names = {"x": 1}

    def renamed(new: str) -> None:
        if names:
            tried(new)

    def tried(new: str) -> None:
        names[new] = names.pop("x")
        renamed(new)

    assert by_name(held_by(lambda: tried("y"))) == {"names": names}


def test_items_that_are_put_in_places_stay_sorted():
    place = ("state", "kept")
    one = outcome([], kept=Placed([1, 2, 3]))
    assert differences(one, outcome([], kept=Placed([1, 3, 2]))) == {place}
    assert differences(one, outcome([], kept=[1, 3, 2])) == {place}
    assert not differences(one, outcome([], kept=Placed([1, 2, 3])))
    assert not differences(outcome([], kept=Placed([3, 2, 1])), one)
    assert not differences(
        outcome([], kept=Placed([{}, {"a": 1}])), outcome([], kept=[{"a": 1}, {}])
    )


class Visits:
    def __init__(self) -> None:
        self.counts: dict[int, int] = {}

    def visit(self) -> None:
        me = threading.get_ident()
        self.counts[me] = self.counts.get(me, 0) + 1
        len(self.counts)


def test_a_worker_may_run_on_the_thread_of_one_that_has_ended():
    assert not explore(Visits, [Visits.visit] * 3, schedules=400).hazards


# -- how many orders are tried ----------------------------------------------------------------


class Asked:
    """Comes to the same in each order, and notes down which are executed."""

    def __init__(self, calls: int) -> None:
        self.calls = calls
        self.tried = 0

    def in_turn(self, order, *, otherwise=False):
        return self._done(["in turn"])

    def call_by_call(self, picks, whole):
        self.tried += 1
        return self._done(["call by call"])

    def at_once(self):
        return self._done(["at once"])

    def _done(self, results: list[Any]) -> Any:
        steps = Steps({(1, 2, CALLED): self.calls})
        choices = [Choice(0, 2)] * self.calls
        execution = SimpleNamespace(
            outcome="", noted=(), offers=(choices, {1: steps}), threads=3, schedule="one"
        )
        outcome = Outcome(results, {}, are_alike=True)
        return SimpleNamespace(execution=execution, outcome=outcome, failure=None)


@pytest.mark.parametrize(("calls", "tried"), [(2, 100), (7, 100), (9, 0), (70, 0), (10**6, 0)])
def test_far_too_many_orders_of_calls_are_not_even_begun_with(calls, tried):
    asked = Asked(calls)
    serial = SerialOutcomes(asked)
    assert not serial.wanted.is_nothing(2, lambda: True)
    assert serial.unexplained(asked.at_once()) is None
    assert asked.tried == tried
    assert serial.wanted.is_nothing(2, lambda: True)  # so it is not even asked
    assert serial.wanted.is_nothing(3, lambda: True)
    assert not serial.wanted.is_nothing(1, lambda: True)
    assert not serial.wanted.is_nothing(2, lambda: False)


def test_where_all_orders_have_been_tried_outcomes_are_asked():
    asked = Asked(1)
    serial = SerialOutcomes(asked)
    assert serial.unexplained(asked.at_once()) is not None
    assert not serial.wanted.is_nothing(2, lambda: True)


class Diary:
    """Each entry is a step of its own, under a lock."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.days: list[int] = []
        self.last = 0

    def write(self, number: int) -> None:
        with self.lock:
            self.days.append(number - self.last)
            self.last = number


def test_what_calls_in_too_many_orders_come_to_is_not_asked(monkeypatch):
    def write(diary: Diary) -> None:
        for number in range(30):
            diary.write(number)

    described = []
    describe = Describer.describe

    def counted(self: Describer, *arguments: Any) -> object:
        described.append(arguments)
        return describe(self, *arguments)

    monkeypatch.setattr(Describer, "describe", counted)
    counts = []
    for schedules in (20, 40):
        described.clear()
        assert not explore(Diary, [write] * 2, schedules=schedules).hazards
        counts.append(len(described))
    assert counts[0] == counts[1] > 0
