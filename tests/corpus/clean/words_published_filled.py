"""A dictionary is filled, maybe twice, before it is published: each thread finds all in it."""

from __future__ import annotations


class Words:
    def __init__(self) -> None:
        self.known: dict[str, str] | None = None

    def of(self, word: str) -> str:
        known = self.known
        if known is None:
            known = {}
            known["tea"] = "Tee"
            self.known = known
        return known.get(word, "?")


def setup() -> Words:
    return Words()


def translate(words: Words) -> str:
    return words.of("tea")


WORKERS = [translate, translate]
