"""What is made when it is not there is drawn by chance: two that miss it draw two tickets."""

import random

EXPECT = {"atomicity-violation"}
MAX_SCHEDULES = 100


class Session:
    def __init__(self) -> None:
        self.ticket: int | None = None

    def get(self) -> int:
        if self.ticket is None:
            self.ticket = random.getrandbits(64)
        return self.ticket


setup = Session

WORKERS = [Session.get, Session.get]
