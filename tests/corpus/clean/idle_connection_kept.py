"""One idle connection is kept for the next who comes; who finds the place taken closes his own."""

from __future__ import annotations

import threading


class Connection:
    def __init__(self) -> None:
        self.is_closed = False


class Client:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.idle: Connection | None = Connection()

    def ask(self) -> None:
        with self.lock:
            connection, self.idle = self.idle, None
        if connection is None:
            connection = Connection()
        assert not connection.is_closed
        with self.lock:
            if self.idle is None:
                self.idle = connection
            else:
                connection.is_closed = True


def setup() -> Client:
    return Client()


WORKERS = [Client.ask, Client.ask, Client.ask]


def check(client: Client) -> bool:
    return client.idle is not None and not client.idle.is_closed
