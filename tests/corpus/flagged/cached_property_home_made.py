"""A descriptor that computes once per instance, unless two threads ask at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

EXPECT = {"atomicity-violation"}
MAX_SCHEDULES = 100


class Cached:
    def __init__(self, compute: Callable[[Any], Any]) -> None:
        self.compute = compute

    def __get__(self, instance: Any, owner: type) -> Any:
        values = instance.values
        if "lines" not in values:
            values["lines"] = self.compute(instance)
        return values["lines"]


class Text:
    def __init__(self) -> None:
        self.values: dict[str, list[str]] = {}

    @Cached
    def lines(self) -> list[str]:
        return []


def setup() -> Text:
    return Text()


def write_one(text: Text) -> None:
    text.lines.append("one")


def write_two(text: Text) -> None:
    text.lines.append("two")


WORKERS = [write_one, write_two]


def check(text: Text) -> bool:
    return len(text.lines) == 2
