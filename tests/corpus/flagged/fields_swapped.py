"""Two exchanges of fields at once: a value is there twice."""

from __future__ import annotations

EXPECT = {"lost-update", "test-failure", "thread-exception"}
MAX_SCHEDULES = 300


class Seat:
    def __init__(self, who: str) -> None:
        self.who = who


class Table:
    def __init__(self) -> None:
        self.seats = [Seat("ann"), Seat("bob"), Seat("eve")]

    def swap(self, one: Seat, other: Seat) -> None:
        kept = one.who
        one.who = other.who
        other.who = kept


def setup() -> Table:
    return Table()


def forwards(table: Table) -> None:
    table.swap(table.seats[0], table.seats[1])
    table.swap(table.seats[2], table.seats[0])


def backwards(table: Table) -> None:
    table.swap(table.seats[1], table.seats[2])
    table.swap(table.seats[0], table.seats[1])


WORKERS = [forwards, backwards]


def check(table: Table) -> bool:
    return sorted(seat.who for seat in table.seats) == ["ann", "bob", "eve"]
