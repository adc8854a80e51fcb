"""Two withdraw all that is there, each in one critical section: the second gets nothing."""

from threading import Lock


class Account:
    def __init__(self) -> None:
        self.lock = Lock()
        self.balance = 5

    def withdraw(self, amount: int) -> int:
        with self.lock:
            before = self.balance
            if before < amount:
                return 0
            self.balance = before - amount
            return amount


def setup() -> Account:
    return Account()


def withdraw_all(account: Account) -> int:
    return account.withdraw(5)


WORKERS = [withdraw_all, withdraw_all]
