"""A pool looks for a connection that is not in use, and marks it a moment later."""

from __future__ import annotations

EXPECT = {"thread-exception", "lost-update"}
MAX_SCHEDULES = 100


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

    def lend(self) -> Connection:
        for connection in self.connections:
            if not connection.in_use:
                connection.in_use = True
                return connection
        raise RuntimeError("all connections are in use")


def setup() -> Pool:
    return Pool()


def anna(pool: Pool) -> None:
    connection = pool.lend()
    connection.query("anna")
    connection.in_use = False


def ben(pool: Pool) -> None:
    connection = pool.lend()
    connection.query("ben")
    connection.in_use = False


WORKERS = [anna, ben]
