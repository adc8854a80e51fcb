"""Opposite lock orders, but both only under a third lock: no deadlock is possible."""

import threading


class Pair:
    def __init__(self) -> None:
        self.gate = threading.Lock()
        self.left_lock = threading.Lock()
        self.right_lock = threading.Lock()
        self.moves = 0


def setup() -> Pair:
    return Pair()


def to_the_right(pair: Pair) -> None:
    with pair.gate, pair.left_lock, pair.right_lock:
        pair.moves += 1


def to_the_left(pair: Pair) -> None:
    with pair.gate, pair.right_lock, pair.left_lock:
        pair.moves += 1


WORKERS = [to_the_right, to_the_left]


def check(pair: Pair) -> bool:
    return pair.moves == 2
