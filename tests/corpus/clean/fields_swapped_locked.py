"""Fields of several objects are exchanged, step by step, under one lock."""

from __future__ import annotations

import threading


class Seat:
    def __init__(self, who: str) -> None:
        self.who = who


class Table:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.seats = [Seat("ann"), Seat("bob"), Seat("eve")]

    def swap(self, one: Seat, other: Seat) -> None:
        with self.lock:
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
