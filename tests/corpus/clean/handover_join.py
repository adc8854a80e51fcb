"""Start and join put everything in order: before, in the thread, after."""

import threading

SEQUENTIAL = False


class Sum:
    def __init__(self) -> None:
        self.value = 0

    def add(self, amount: int) -> None:
        self.value += amount


def setup() -> Sum:
    return Sum()


def one_after_another(total: Sum) -> None:
    total.add(1)
    for amount in (10, 100):
        thread = threading.Thread(target=total.add, args=(amount,))
        thread.start()
        thread.join()
        total.add(amount)


WORKERS = [one_after_another]


def check(total: Sum) -> bool:
    return total.value == 221
