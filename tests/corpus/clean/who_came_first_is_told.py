"""What each caller is told depends on who came first: some order explains it."""

import threading


class Desk:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.waiting: list[str] = []

    def queue_up(self, who: str) -> int:
        with self.lock:
            self.waiting.append(who)
            return len(self.waiting)


def setup() -> Desk:
    return Desk()


def anna(desk: Desk) -> int:
    return desk.queue_up("anna")


def ben(desk: Desk) -> list[int]:
    return [desk.queue_up("ben"), desk.queue_up("ben")]


WORKERS = [anna, ben]
