"""What cannot be sent to a process that is not forked is named as its author would name it."""

from __future__ import annotations

import multiprocessing
import threading
from functools import partial
from typing import Any

import pytest

from pytest_concurrency.stress.children.unpicklable import why_not_sent

PROBLEM = AttributeError("Can't pickle it")


class Service:
    def __init__(self) -> None:
        self.name, self._lock = "db", threading.Lock()

    def work(self) -> None:
        """Do nothing."""


class App:
    def __init__(self) -> None:
        self.parts = {"db": Service()}


class Refuses:
    def __reduce__(self) -> Any:
        raise ValueError("not me")


def work(*_: object) -> None:
    """Do nothing."""


def copy_of(function: Any, kwargs: dict[str, Any]) -> None:
    """Stand for the plugin's own function that runs a copy."""


copy_of.__module__ = "pytest_concurrency.stress.processes.process_run"
LOCK = "cannot pickle '_thread.lock' object"


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (
            partial(copy_of, work, {"ok": 1, "db": Service()}),
            f"fixture `db`: {LOCK} at Service._lock",
        ),
        (partial(copy_of, work, {"app": App()}), f"fixture `app`: {LOCK} at Service._lock"),
        (partial(copy_of, work, {"lock": threading.Lock()}), f"fixture `lock`: {LOCK}"),
        (partial(copy_of, work, {"it": Refuses()}), "fixture `it`: ValueError: not me"),
        (partial(copy_of, threading.Thread()), "a thread that the test starts itself"),
        (Service().work, f"{LOCK} at Service._lock"),
        (partial(work, [1, (App(),)]), f"{LOCK} at Service._lock"),
        (partial(work, {"k": threading.Lock()}), f"{LOCK} at ['k']"),
    ],
)
def test_the_innermost_part_is_named(function: Any, told: str) -> None:
    assert told in why_not_sent(function, PROBLEM)


def test_a_function_inside_of_another_one() -> None:
    def inner() -> None:
        """Do nothing."""

    told = "test_a_function_inside_of_another_one.<locals>.inner is made inside of a function: "
    assert why_not_sent(partial(inner), PROBLEM).startswith(told)


def test_what_may_be_sent_to_a_process_that_is_being_started_is_not_blamed() -> None:
    kwargs = {"lock": multiprocessing.get_context("spawn").Lock(), "db": Service()}
    assert "fixture `db`" in why_not_sent(partial(copy_of, work, kwargs), PROBLEM)


def test_what_holds_itself_is_no_trap() -> None:
    knot: list[Any] = []
    knot.append(knot)
    knot.append(threading.Lock())
    assert why_not_sent(partial(work, knot), PROBLEM) == LOCK
