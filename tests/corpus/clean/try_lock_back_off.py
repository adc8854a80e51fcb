"""Who does not get the second lock gives the first one back, waits a little and tries again."""

import threading
import time


class Accounts:
    def __init__(self) -> None:
        self.locks = (threading.Lock(), threading.Lock())
        self.money = [10, 10]

    def move(self, source: int, target: int) -> None:
        while True:
            with self.locks[source]:
                if self.locks[target].acquire(blocking=False):
                    try:
                        self.money[source] -= 5
                        self.money[target] += 5
                    finally:
                        self.locks[target].release()
                    return
            time.sleep(0.01 + 0.01 * source)


def setup() -> Accounts:
    return Accounts()


def there(accounts: Accounts) -> None:
    accounts.move(0, 1)


def back(accounts: Accounts) -> None:
    accounts.move(1, 0)


WORKERS = [there, back]


def check(accounts: Accounts) -> bool:
    return accounts.money == [10, 10]
