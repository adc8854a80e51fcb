"""Two accounts with re-entrant locks, two transfers in opposite directions: the account with the
smaller number is locked first."""

from __future__ import annotations

import threading


class Account:
    def __init__(self, number: int, balance: int) -> None:
        self.number = number
        self.lock = threading.RLock()
        self.balance = balance

    def send(self, other: Account, amount: int) -> None:
        first, second = sorted([self, other], key=lambda account: account.number)
        with first.lock, second.lock:
            self.receive(-amount)
            other.receive(amount)

    def receive(self, amount: int) -> None:
        with self.lock:
            self.balance += amount


def setup() -> tuple[Account, Account]:
    return Account(1, 100), Account(2, 100)


def there(accounts: tuple[Account, Account]) -> None:
    accounts[0].send(accounts[1], 10)


def back(accounts: tuple[Account, Account]) -> None:
    accounts[1].send(accounts[0], 20)


WORKERS = [there, back]


def check(accounts: tuple[Account, Account]) -> bool:
    return [account.balance for account in accounts] == [110, 90]
