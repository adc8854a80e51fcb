"""Whether there is enough is asked first, then as much is taken off: twice, of enough for one."""

EXPECT = {"atomicity-violation"}
MAX_SCHEDULES = 50


class Account:
    def __init__(self) -> None:
        self.balance = 3

    def pay(self, amount: int) -> None:
        if self.balance >= amount:
            self.balance -= amount


setup = Account


def pay(account: Account) -> None:
    account.pay(2)


WORKERS = [pay, pay]
