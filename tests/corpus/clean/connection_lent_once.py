"""A pool looks for a connection that is not in use and marks it under one lock; as many users get
in as there are connections.
"""

from __future__ import annotations

import threading


class Connection:
    def __init__(self) -> None:
        self.in_use = False
        self.user = ""

    def query(self, user: str) -> None:
        self.user = user
        assert self.user == user, "answers for somebody else"


class Pool:
    def __init__(self) -> None:
        self.connections = [Connection(), Connection()]
        self.permits = threading.BoundedSemaphore(2)
        self.lock = threading.Lock()

    def lend(self) -> Connection:
        self.permits.acquire()
        with self.lock:
            connection = next(each for each in self.connections if not each.in_use)
            connection.in_use = True
        return connection

    def take_back(self, connection: Connection) -> None:
        with self.lock:
            connection.in_use = False
        self.permits.release()


def setup() -> Pool:
    return Pool()


def use(pool: Pool, user: str) -> None:
    connection = pool.lend()
    connection.query(user)
    pool.take_back(connection)


def anna(pool: Pool) -> None:
    use(pool, "anna")


def ben(pool: Pool) -> None:
    use(pool, "ben")


def clara(pool: Pool) -> None:
    use(pool, "clara")


WORKERS = [anna, ben, clara]
