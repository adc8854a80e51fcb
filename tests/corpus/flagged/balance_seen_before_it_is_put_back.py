"""Too much is taken and put back: who asks meanwhile is told of a debt that nobody ever had."""

EXPECT = {"stale-read"}
MAX_SCHEDULES = 100


class Account:
    def __init__(self) -> None:
        self.balance = 10

    def withdraw(self, amount: int) -> bool:
        self.balance -= amount
        if self.balance < 0:
            self.balance += amount
            return False
        return True

    def read(self) -> int:
        return self.balance


def setup() -> Account:
    return Account()


def withdraw_too_much(account: Account) -> bool:
    return account.withdraw(50)


WORKERS = [withdraw_too_much, Account.read]
EACH_ONCE = True
