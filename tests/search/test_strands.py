"""Tasks of one event loop, in one thread: what was read before an await may be stale after it."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

import pytest
from two_tasks import Step, gathered, in_a_group

from pytest_concurrency import explore
from pytest_concurrency.model import Hazard


class Box:
    """What the tasks share."""

    def __init__(self) -> None:
        self.value = 0
        self.calls = 0
        self.items = ["only"]
        self.made: list[object] = []


async def increment(box: Box) -> None:
    seen = box.value  # R
    await asyncio.sleep(0)
    box.value = seen + 1  # R


async def checked_then_acted(box: Box) -> None:
    if not box.made:  # R
        await asyncio.sleep(0)
        box.made.append(object())  # R


async def popped(box: Box) -> None:
    if box.items:  # R
        await asyncio.sleep(0)
        box.items.pop()  # R


async def read_again(box: Box) -> None:
    assert box.value >= 0
    await asyncio.sleep(0)
    box.value = box.value + 1
    box.calls = box.calls + 1


async def at_once(box: Box) -> None:
    box.value = box.value + 1
    await asyncio.sleep(0)
    box.calls = box.calls + 1


async def locked(box: Box) -> None:
    async with LOCK:
        seen = box.value
        await asyncio.sleep(0)
        box.value = seen + 1


LOCK = asyncio.Lock()


async def created(step: Step, box: Box) -> None:
    tasks = [asyncio.create_task(step(box)) for _ in range(2)]
    for task in tasks:
        await task


WAYS = [gathered, in_a_group, created]


def found(way: Any, step: Step, check: Callable[[Box], None]) -> Hazard:
    (hazard,) = explore(
        Box, [lambda box: asyncio.run(way(step, box))], check, schedules=2, strategy="systematic"
    ).hazards
    return hazard


def fails_if(condition: Callable[[Box], bool]) -> Callable[[Box], None]:
    def check(box: Box) -> None:
        if condition(box):
            raise AssertionError

    return check


def marked(step: Step) -> set[int]:
    lines, first = inspect.getsourcelines(step)
    return {number for number, line in enumerate(lines, first) if line.rstrip().endswith("# R")}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("step", "location", "check"),
    [
        (increment, "Box.value", fails_if(lambda box: box.value != 2)),
        (checked_then_acted, "box.made", fails_if(lambda box: len(box.made) != 1)),
        (popped, "box.items", fails_if(lambda box: False)),
    ],
)
def test_what_was_stale_after_an_await_is_named(
    way: Any, step: Step, location: str, check: Callable[[Box], None]
) -> None:
    hazard = found(way, step, check)
    assert hazard.location == location
    assert {use.site.line for use in hazard.sites} >= marked(step)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("step", [read_again, at_once, locked])
def test_tasks_that_lose_nothing_are_not_accused(way: Any, step: Step) -> None:
    # Some failure or other: nothing here explains it.
    assert found(way, step, fails_if(lambda box: True)).location == ""
