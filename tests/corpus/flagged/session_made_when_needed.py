"""Whoever comes first makes the session: two make one each, and each goes on with another one."""

from __future__ import annotations

EXPECT = {"atomicity-violation"}
MAX_SCHEDULES = 50


class Session:
    """It has no state yet."""


class Client:
    def __init__(self) -> None:
        self._session: Session | None = None

    def session(self) -> Session:
        if self._session is None:
            self._session = Session()
        return self._session


def setup() -> Client:
    return Client()


WORKERS = [Client.session, Client.session]
