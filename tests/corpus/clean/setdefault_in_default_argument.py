"""A mutable default argument, shared by all threads, of which every use is one step."""

from __future__ import annotations


def remember(word: str, seen: dict[str, list[str]] = {}) -> dict[str, list[str]]:  # noqa: B006
    seen.setdefault(word[0], []).append(word)
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
