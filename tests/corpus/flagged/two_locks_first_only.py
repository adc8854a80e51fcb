"""Money is moved while neither lock is held from reading to writing."""

import threading


class Account:
    def __init__(self, balance: int) -> None:
        self.lock = threading.Lock()
        self._balance = balance

    def balance(self) -> int:
        return self._balance

    def book(self, balance: int) -> None:
        self._balance = balance


class Bank:
    def __init__(self) -> None:
        self.one, self.other = Account(10), Account(10)

    def move(self) -> None:
        self.one.book(self.one.balance() - 1)
        self.other.book(self.other.balance() + 1)


def setup() -> Bank:
    return Bank()


WORKERS = [Bank.move, Bank.move]
EXPECT = {"lost-update"}
MAX_SCHEDULES = 200
