"""Three philosophers, three forks, everybody takes the left one first."""

import threading

EXPECT = {"deadlock"}
MAX_SCHEDULES = 200


class Table:
    def __init__(self) -> None:
        self.forks = [threading.Lock() for _ in range(3)]
        self.meals = [0, 0, 0]

    def dine(self, seat: int) -> None:
        with self.forks[seat], self.forks[(seat + 1) % 3]:
            self.meals[seat] += 1


def setup() -> Table:
    return Table()


def first(table: Table) -> None:
    table.dine(0)


def second(table: Table) -> None:
    table.dine(1)


def third(table: Table) -> None:
    table.dine(2)


WORKERS = [first, second, third]


def check(table: Table) -> bool:
    return table.meals == [1, 1, 1]
