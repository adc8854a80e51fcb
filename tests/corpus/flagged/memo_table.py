"""Two threads add to the same entries of a table."""

from __future__ import annotations

EXPECT = {"lost-update", "test-failure", "thread-exception"}
MAX_SCHEDULES = 300


class Table:
    def __init__(self) -> None:
        self.known = {0: 0, 1: 1}
        self.asked = {0: 0, 1: 0, 2: 0, 3: 0}

    def fill(self, number: int) -> None:
        self.known[number] = self.known[number - 1] + self.known[number - 2]
        self.asked[number] = self.asked[number] + 1


def setup() -> Table:
    return Table()


def fill(table: Table) -> None:
    for number in (2, 3, 2):
        table.fill(number)


WORKERS = [fill, fill]


def check(table: Table) -> bool:
    return table.known == {0: 0, 1: 1, 2: 1, 3: 2} and table.asked[2] == 4
