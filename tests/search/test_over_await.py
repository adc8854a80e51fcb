"""Tasks of one event loop that count on from what another task has changed, where nothing fails."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

import pytest
from two_tasks import Step, gathered, in_a_group

from pytest_concurrency import explore
from pytest_concurrency.model import Hazard


class Box:
    """What the tasks share."""

    def __init__(self) -> None:
        self.value = 0
        self.by_name: dict[str, int] = {}
        self.made: list[str] | None = None
        self.lock = asyncio.Lock()


async def one() -> int:
    await asyncio.sleep(0)
    return 1


async def split(box: Box) -> None:
    seen = box.value  # R
    await asyncio.sleep(0)
    box.value = seen + 1  # R


async def in_one_line(box: Box) -> None:
    box.value = box.value + await one()  # R


async def in_place(box: Box) -> None:
    box.value -= await one()  # R


async def item(box: Box) -> None:
    seen = box.by_name.get("a", 0)  # R
    await asyncio.sleep(0)
    box.by_name["a"] = seen + 1  # R


async def after_the_await(box: Box) -> None:
    got = await one()
    box.value = box.value + got


async def looked_at_again(box: Box) -> None:
    while True:
        seen = box.value
        await asyncio.sleep(0)
        if box.value == seen:
            box.value = seen + 1
            return


async def put_back(box: Box) -> None:
    seen = box.value
    await asyncio.sleep(0)
    box.value = seen


async def own_items(box: Box) -> None:
    task = asyncio.current_task()
    assert task is not None
    seen = box.by_name.get(task.get_name(), 0)
    await asyncio.sleep(0)
    box.by_name[task.get_name()] = seen + 1


async def made_alike(box: Box) -> None:
    box.made = box.made or [str(await one())]


async def locked(box: Box) -> None:
    async with box.lock:
        await split(box)


WAYS = [gathered, in_a_group]


def found(way: Any, step: Step) -> tuple[Hazard, ...]:
    return explore(
        Box, [lambda box: asyncio.run(way(step, box))], schedules=4, strategy="systematic"
    ).hazards


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("step", [split, in_one_line, in_place, item])
def test_an_update_is_lost_over_an_await(way: Any, step: Step) -> None:
    (hazard,) = found(way, step)
    assert hazard.kind == "lost-update"
    assert hazard.location == ("box.by_name['a']" if step is item else "Box.value")
    lines, first = inspect.getsourcelines(step)
    marked = {number for number, line in enumerate(lines, first) if line.rstrip().endswith("# R")}
    assert {use.site.line for use in hazard.sites} == marked
    assert f"a task read {hazard.location}" in hazard.message
    assert "another task of its event loop wrote it" in hazard.message


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "step", [after_the_await, looked_at_again, put_back, own_items, made_alike, locked]
)
def test_tasks_that_lose_nothing_are_not_accused(way: Any, step: Step) -> None:
    assert found(way, step) == ()
