"""Whatever is replaced while exploring looks as ever: a property of all of it."""

from __future__ import annotations

import copy
import inspect
import pickle
import random
import subprocess
import sys
import time
import types
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pytest_concurrency import explore
from pytest_concurrency.runtime.patches import install
from pytest_concurrency.runtime.system.disguise import MethodStandIn, StandIn, original_of, replace

NAMES = [
    (owner, name, getattr(owner, name))
    for owner, by_name in install._replacements().items()
    for name in by_name
]
"""All that is replaced, with what it is. Not in a dict: what the program holds so is replaced."""
ASKED: dict[str, Callable[[Any], object]] = {
    "repr": repr,
    "hash": hash,
    "__name__": lambda function: function.__name__,
    "__qualname__": lambda function: function.__qualname__,
    "__module__": lambda function: function.__module__,
    "__doc__": lambda function: function.__doc__,
    "__self__": lambda function: function.__self__,
    "__class__": lambda function: function.__class__,
    "__wrapped__": lambda function: function.__wrapped__,
    "__dict__": lambda function: function.__dict__,
    "__defaults__": lambda function: function.__defaults__,
    "names": dir,
    "signature": inspect.signature,
    "source": inspect.getsource,
    "is built in": lambda function: isinstance(function, types.BuiltinFunctionType),
    "is a function": inspect.isfunction,
    "is a method": inspect.ismethod,
    "is a routine": inspect.isroutine,
    "is called": callable,
    "pickled": pickle.dumps,
    "reduced": lambda function: function.__reduce_ex__(4),
}


def answers(function: object) -> dict[str, object]:
    found: dict[str, object] = {}
    for what, ask in ASKED.items():
        try:
            found[what] = ask(function)
        except Exception as error:
            found[what] = type(error)
    return found


@pytest.fixture
def installed() -> Iterator[None]:
    with install.installed([]):
        yield


ANSWERS = {(owner, name): answers(original) for owner, name, original in NAMES}


@pytest.mark.parametrize(
    "number", range(len(NAMES)), ids=[f"{owner.__name__}.{name}" for owner, name, _ in NAMES]
)
def test_it_looks_as_ever(number: int, installed: None) -> None:
    owner, name, original = NAMES[number]
    now = getattr(owner, name)
    assert answers(now) == ANSWERS[owner, name]
    assert now == original
    assert original == now
    assert {original: 1}[now] == 1
    assert {now: 1}[original] == 1
    copies = [copy.copy(now), copy.deepcopy(now)]
    if isinstance(ANSWERS[owner, name]["pickled"], bytes):
        copies.append(pickle.loads(pickle.dumps(now)))
    for copied in copies:
        # A method in C says that it is its base class's: a copy is the original.
        assert copied is (original if type(now) is MethodStandIn else now)
    assert now is original or type(now) in (StandIn, MethodStandIn)
    assert original_of(now) == original

    class Holder:
        held = now

    if isinstance(original, types.BuiltinFunctionType):
        assert Holder().held is now  # no method


def test_what_is_drawn_from_is_not_replaced(installed: None) -> None:
    assert random.random.__self__ is random._inst  # type: ignore[attr-defined]
    assert random.choice.__self__ is random._inst  # type: ignore[attr-defined]
    assert pickle.loads(pickle.dumps(random.choice)).__name__ == "choice"


def test_all_is_as_before_afterwards() -> None:
    for owner, name, original in NAMES:
        assert getattr(owner, name) is original
        assert answers(original) == ANSWERS[owner, name]


def test_in_another_process() -> None:
    code = "import pickle, sys; print(pickle.load(sys.stdin.buffer)(0))"
    seen: list[bytes] = []
    with install.installed([]):
        seen.append(pickle.dumps(time.sleep))
    done = subprocess.run(
        [sys.executable, "-c", code], input=seen[0], capture_output=True, check=True
    )
    assert done.stdout.strip() == b"None"


def test_within_an_execution() -> None:
    def work(_: None) -> None:
        assert isinstance(time.time, types.BuiltinFunctionType)
        assert pickle.loads(pickle.dumps(time.sleep)) is time.sleep
        assert inspect.isfunction(uuid.uuid4)
        assert uuid.uuid4().version == 4
        began = time.monotonic()
        time.sleep(3)
        assert time.monotonic() - began >= 3

    assert not explore(lambda: None, [work, work], schedules=3).hazards


def test_arguments_are_handed_on() -> None:
    class Owner:
        def of_all_kinds(self, a, /, b, c=3, *rest, d, e=5, **others):  # type: ignore[no-untyped-def]
            """Say nothing."""
            return "old", a, b, c, rest, d, e, others

        def plain(self) -> str:
            return "old"

    real, other = Owner.of_all_kinds, Owner.plain

    def new(*args: Any, **kwargs: Any) -> Any:
        return ("new", *real(*args, **kwargs)[1:])

    def new_plain(self: Owner) -> str:
        return "new and " + other(self)

    before = inspect.signature(Owner.of_all_kinds)
    undo = [*replace(Owner, "of_all_kinds", new), *replace(Owner, "plain", new_plain)]
    assert Owner.of_all_kinds is not None
    assert inspect.signature(Owner.of_all_kinds) == before
    assert Owner().of_all_kinds(1, 2, d=4) == ("new", 1, 2, 3, (), 4, 5, {})
    got = Owner().of_all_kinds(1, 2, 0, 7, 8, d=4, e=6, f=9)
    assert got == ("new", 1, 2, 0, (7, 8), 4, 6, {"f": 9})
    with pytest.raises(TypeError, match="of_all_kinds\\(\\) missing 1 required keyword-only"):
        Owner().of_all_kinds(1, 2)  # type: ignore[call-arg]
    assert Owner().plain() == "new and old"
    for put_back in reversed(undo):
        put_back()
    assert Owner().of_all_kinds(1, 2, d=4) == ("old", 1, 2, 3, (), 4, 5, {})
    assert Owner().plain() == "old"


@pytest.mark.parametrize("seconds", ["1", None, -1, -0.5, float("nan"), 1e300, [1]], ids=repr)
def test_sleep_refuses_what_it_refuses(seconds: Any, installed: None) -> None:
    def refusal(sleep: Any) -> tuple[type, str]:
        try:
            sleep(seconds)
        except Exception as error:
            return type(error), str(error)
        return type(None), ""

    found: list[tuple[type, str]] = []
    hazards = explore(list, [lambda _: found.append(refusal(time.sleep))], schedules=1).hazards
    assert not hazards
    assert found[0] == refusal(original_of(time.sleep))
    assert found[0][0] is not type(None)
