"""A module global and a class attribute, both counted under a lock made at import time."""

import threading


class Visitor:
    count = 0


LOCK = threading.Lock()
total = 0


def setup() -> None:
    global total
    total = 0
    Visitor.count = 0


def enter(_: None) -> None:
    global total
    with LOCK:
        total += 1
        Visitor.count += 1


WORKERS = [enter, enter]


def check(_: None) -> bool:
    return total == 2 and Visitor.count == 2
