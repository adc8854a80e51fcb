"""An idle connection is taken without a lock: two may use the same one, and one closes it."""

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
        connection = self.idle
        self.idle = None
        if connection is None:
            connection = Connection()
        assert not connection.is_closed
        with self.lock:
            if self.idle is None and not connection.is_closed:
                self.idle = connection
            else:
                connection.is_closed = True


def setup() -> Client:
    return Client()


WORKERS = [Client.ask, Client.ask, Client.ask]
EXPECT = {"thread-exception", "test-failure", "lost-update"}
MAX_SCHEDULES = 300


def check(client: Client) -> bool:
    return client.idle is not None and not client.idle.is_closed
