"""A queue that promises a limit: its length is checked first, and appended to afterwards."""

from collections import deque

EXPECT = {"atomicity-violation"}
MAX_SCHEDULES = 100


class Inbox:
    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.jobs: deque[str] = deque(["a"])

    def offer(self, job: str) -> bool:
        if len(self.jobs) >= self.limit:
            return False
        self.jobs.append(job)
        return True


def setup() -> Inbox:
    return Inbox(limit=2)


def offer_b(inbox: Inbox) -> None:
    inbox.offer("b")


def offer_c(inbox: Inbox) -> None:
    inbox.offer("c")


WORKERS = [offer_b, offer_c]


def check(inbox: Inbox) -> bool:
    return len(inbox.jobs) == 2
