"""A context manager gives the account away before its lock is taken."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Account:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.balance = 0

    @contextmanager
    def opened(self) -> Iterator["Account"]:
        yield self

    def read(self) -> int:
        return self.balance

    def write(self, balance: int) -> None:
        self.balance = balance


def deposit(account: Account) -> None:
    with account.opened() as opened:
        opened.write(opened.read() + 10)


def setup() -> Account:
    return Account()


WORKERS = [deposit, deposit]
EXPECT = {"lost-update"}
MAX_SCHEDULES = 200
