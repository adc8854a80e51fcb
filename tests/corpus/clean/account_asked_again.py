"""Whether there is enough is asked without the lock, and once more with it."""

from threading import Lock


class Account:
    def __init__(self) -> None:
        self.lock = Lock()
        self.balance = 3

    def pay(self, amount: int) -> None:
        if self.balance >= amount:
            with self.lock:
                left = self.balance - amount
                if left >= 0:
                    self.balance = left


setup = Account


def pay(account: Account) -> None:
    account.pay(2)


WORKERS = [pay, pay]


def check(account: Account) -> bool:
    return account.balance == 1
