"""What was found is kept; that nothing was is found twice, and is the same."""

from __future__ import annotations


class Index:
    def __init__(self) -> None:
        self.found: dict[str, list[str]] = {}

    def words(self, start: str) -> list[str]:
        if start not in self.found:
            self.found[start] = [word for word in ("ant", "bee") if word.startswith(start)]
        return self.found[start]


def setup() -> Index:
    return Index()


def asks(index: Index) -> None:
    index.words("z")


WORKERS = [asks, asks]
