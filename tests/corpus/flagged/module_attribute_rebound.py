"""``sys.ps2`` is set for the time of a call: whoever is interrupted finds the other one's."""

import sys
from collections.abc import Callable
from functools import partial

EXPECT = {"test-failure"}
MAX_SCHEDULES = 100
EACH_ONCE = True


def prompt(seen: list[bool], text: str) -> None:
    sys.ps2 = text
    seen.append(sys.ps2 == text)


def setup() -> list[bool]:
    return []


WORKERS: list[Callable[[list[bool]], None]] = [
    partial(prompt, text="> "),
    partial(prompt, text="$ "),
]


def check(seen: list[bool]) -> bool:
    del sys.ps2
    return all(seen)
