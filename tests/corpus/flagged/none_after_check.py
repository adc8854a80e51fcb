"""The user may log out between the check for None and the use."""

from __future__ import annotations

EXPECT = {"thread-exception", "test-failure"}
MAX_SCHEDULES = 100


class User:
    def __init__(self, name: str) -> None:
        self.name = name


class Session:
    def __init__(self) -> None:
        self.user: User | None = User("anna")
        self.greeting = ""

    def greet(self) -> None:
        if self.user is not None:
            self.greeting = "hello " + self.user.name

    def log_out(self) -> None:
        self.user = None


def setup() -> Session:
    return Session()


WORKERS = [Session.greet, Session.log_out]
