"""Money moves in two locked steps; whoever adds up in between finds some missing."""

import threading

EXPECT = {"test-failure", "thread-exception"}
MAX_SCHEDULES = 100


class Bank:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.anna = 100
        self.ben = 0


def setup() -> Bank:
    return Bank()


def transfer(bank: Bank) -> None:
    with bank.lock:
        bank.anna -= 30
    with bank.lock:
        bank.ben += 30


def audit(bank: Bank) -> None:
    with bank.lock:
        total = bank.anna + bank.ben
    assert total == 100


WORKERS = [transfer, audit]
