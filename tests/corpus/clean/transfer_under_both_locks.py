"""Transfers in both directions take the two locks in one fixed order;
the audit takes both as well.
"""

import threading


class Account:
    def __init__(self, number: int) -> None:
        self.number = number
        self.lock = threading.Lock()
        self.balance = 100


def setup() -> list[Account]:
    return [Account(0), Account(1)]


def transfer(source: Account, target: Account, amount: int) -> None:
    first, second = sorted((source, target), key=lambda account: account.number)
    with first.lock, second.lock:
        source.balance -= amount
        target.balance += amount


def there(accounts: list[Account]) -> None:
    transfer(accounts[0], accounts[1], 10)


def back(accounts: list[Account]) -> None:
    transfer(accounts[1], accounts[0], 20)


def audit(accounts: list[Account]) -> None:
    with accounts[0].lock, accounts[1].lock:
        assert accounts[0].balance + accounts[1].balance == 200


WORKERS = [there, back, audit]


def check(accounts: list[Account]) -> bool:
    return [account.balance for account in accounts] == [110, 90]
