"""Check and withdrawal happen under the same lock."""

import threading


class Account:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.balance = 100

    def withdraw(self) -> None:
        with self.lock:
            if self.balance >= 80:
                self.balance -= 80


def setup() -> Account:
    return Account()


WORKERS = [Account.withdraw, Account.withdraw]


def check(account: Account) -> bool:
    return account.balance == 20
