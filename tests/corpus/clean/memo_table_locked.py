"""A table in which each entry is made from earlier ones, under one lock."""

from __future__ import annotations

import threading


class Table:
    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.known = {0: 0, 1: 1}
        self.asked = {0: 0, 1: 0, 2: 0, 3: 0}

    def fill(self, number: int) -> None:
        with self.lock:
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
