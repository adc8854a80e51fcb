"""A context manager of the program's own takes the lock."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Account:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.balance = 0

    @contextmanager
    def opened(self) -> Iterator["Account"]:
        with self.lock:
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
