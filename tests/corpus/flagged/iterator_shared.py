"""Two threads draw from one iterator written in Python: one value is given out twice."""

from __future__ import annotations

EXPECT = {"test-failure", "lost-update", "atomicity-violation"}
MAX_SCHEDULES = 100


class Pages:
    def __init__(self) -> None:
        self.number = 0
        self.printed: list[int] = []

    def __iter__(self) -> Pages:
        return self

    def __next__(self) -> int:
        if self.number >= 3:
            raise StopIteration
        self.number = self.number + 1
        return self.number


def setup() -> Pages:
    return Pages()


def print_pages(pages: Pages) -> None:
    for page in pages:
        pages.printed.append(page)


WORKERS = [print_pages, print_pages]


def check(pages: Pages) -> bool:
    return sorted(pages.printed) == [1, 2, 3]
