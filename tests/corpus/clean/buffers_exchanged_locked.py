"""Each worker exchanges its buffer for the shared one, twice; the lock is held while it does."""

import threading


class Desk:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.buffer: list[str] = ["shared"]
        self.left: list[list[str]] = []


def setup() -> Desk:
    return Desk()


def work(desk: Desk) -> None:
    mine = [threading.current_thread().name]
    for _ in range(2):
        with desk.lock:
            mine, desk.buffer = desk.buffer, mine
        mine.append("seen")
    with desk.lock:
        desk.left.append(mine)


WORKERS = [work, work]


def check(desk: Desk) -> bool:
    met = [desk.buffer, *desk.left]
    return len({id(each) for each in met}) == 3 and sum(len(each) for each in met) == 7
