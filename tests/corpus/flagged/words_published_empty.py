"""A dictionary is published before it is filled: another thread finds nothing in it."""

from __future__ import annotations

EXPECT = {"stale-read", "atomicity-violation"}
MAX_SCHEDULES = 100


class Words:
    def __init__(self) -> None:
        self.known: dict[str, str] | None = None

    def of(self, word: str) -> str:
        if self.known is None:
            self.known = {}
            self.known["tea"] = "Tee"
        return self.known.get(word, "?")


def setup() -> Words:
    return Words()


def translate(words: Words) -> str:
    return words.of("tea")


WORKERS = [translate, translate]
