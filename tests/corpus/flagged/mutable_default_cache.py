"""A mutable default argument is one object for all calls, and so for all threads."""

from __future__ import annotations

EXPECT = {"atomicity-violation"}
MAX_SCHEDULES = 100


def remember(word: str, seen: dict[str, list[str]] = {}) -> dict[str, list[str]]:  # noqa: B006
    if word[0] not in seen:
        seen[word[0]] = []
    seen[word[0]].append(word)
    return seen


def setup() -> None:
    remember("x").clear()


def apple(_: None) -> None:
    remember("apple")


def ant(_: None) -> None:
    remember("ant")


WORKERS = [apple, ant]


def check(_: None) -> bool:
    return sorted(remember("axe")["a"]) == ["ant", "apple", "axe"]
