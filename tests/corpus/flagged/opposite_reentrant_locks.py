"""Two accounts with re-entrant locks, two transfers in opposite directions: each holds its source
and calls the other account, which locks itself."""

from __future__ import annotations

import threading

EXPECT = {"deadlock"}
MAX_SCHEDULES = 100


class Account:
    def __init__(self, balance: int) -> None:
        self.lock = threading.RLock()
        self.balance = balance

    def send(self, other: Account, amount: int) -> None:
        with self.lock:
            self.receive(-amount)
            other.receive(amount)

    def receive(self, amount: int) -> None:
        with self.lock:
            self.balance += amount


def setup() -> tuple[Account, Account]:
    return Account(100), Account(100)


def there(accounts: tuple[Account, Account]) -> None:
    accounts[0].send(accounts[1], 10)


def back(accounts: tuple[Account, Account]) -> None:
    accounts[1].send(accounts[0], 20)


WORKERS = [there, back]


def check(accounts: tuple[Account, Account]) -> bool:
    return [account.balance for account in accounts] == [110, 90]
