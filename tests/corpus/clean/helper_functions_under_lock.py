"""Helper functions load, compute and store while the caller holds the lock."""

import threading


class Purse:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.coins = 10


def load(purse: Purse) -> int:
    return purse.coins


def less(coins: int, price: int) -> int:
    return coins - price


def store(purse: Purse, coins: int) -> None:
    purse.coins = coins


def pay(purse: Purse) -> None:
    with purse.lock:
        store(purse, less(load(purse), 3))


def setup() -> Purse:
    return Purse()


WORKERS = [pay, pay]
