"""Each worker exchanges its buffer for the shared one, twice, and takes no lock for it."""

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
        mine, desk.buffer = desk.buffer, mine
        mine.append("seen")
    with desk.lock:
        desk.left.append(mine)


WORKERS = [work, work]
EXPECT = {"lost-update", "test-failure"}
MAX_SCHEDULES = 200


def check(desk: Desk) -> bool:
    met = [desk.buffer, *desk.left]
    return len({id(each) for each in met}) == 3 and sum(len(each) for each in met) == 7
