"""Augmenting an item calls __getitem__ and __setitem__ of the class."""

import threading


class Votes:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._votes = {"anna": 0}

    def __getitem__(self, name: str) -> int:
        return self._votes[name]

    def __setitem__(self, name: str, votes: int) -> None:
        self._votes[name] = votes


def vote(votes: Votes) -> None:
    votes["anna"] += 1


def setup() -> Votes:
    return Votes()


WORKERS = [vote, vote]
EXPECT = {"lost-update"}
MAX_SCHEDULES = 200
