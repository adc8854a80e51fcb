"""Two accounts, two transfers in opposite directions, each locks its source first."""

from __future__ import annotations

import threading

EXPECT = {"deadlock"}
MAX_SCHEDULES = 100


class Account:
    def __init__(self, balance: int) -> None:
        self.lock = threading.Lock()
        self.balance = balance

    def send(self, other: Account, amount: int) -> None:
        with self.lock, other.lock:
            self.balance -= amount
            other.balance += amount


def setup() -> tuple[Account, Account]:
    return Account(100), Account(100)


def there(accounts: tuple[Account, Account]) -> None:
    accounts[0].send(accounts[1], 10)


def back(accounts: tuple[Account, Account]) -> None:
    accounts[1].send(accounts[0], 20)


WORKERS = [there, back]


def check(accounts: tuple[Account, Account]) -> bool:
    return [account.balance for account in accounts] == [110, 90]
