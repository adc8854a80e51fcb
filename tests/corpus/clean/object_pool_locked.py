"""Connections are lent and taken back with what was last used, under one lock."""

from __future__ import annotations

import threading


class Connection:
    def __init__(self, name: str) -> None:
        self.name = name
        self.uses = 0


class Pool:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.free = [Connection(name) for name in "abcd"]
        self.last: Connection | None = None
        self.lent = 0

    def take(self) -> Connection:
        with self.lock:
            self.lent = self.lent + 1
            connection = self.free.pop()
            self.last = connection
            return connection

    def give_back(self, connection: Connection) -> None:
        with self.lock:
            self.lent = self.lent - 1
            self.free.append(connection)
            self.last = connection


def setup() -> Pool:
    return Pool()


def use(pool: Pool) -> None:
    connection = pool.take()
    connection.uses += 1
    pool.give_back(connection)


WORKERS = [use, use]


def check(pool: Pool) -> bool:
    return pool.lent == 0 and len(pool.free) == 4
