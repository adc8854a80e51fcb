"""Each job is taken in one step, without a look before: workers need not get them in a row."""

from collections import deque


class Office:
    def __init__(self) -> None:
        self.jobs = deque([1, 2, 3])

    def work(self) -> list[int]:
        mine = []
        while True:
            try:
                mine.append(self.jobs.popleft())
            except IndexError:
                return mine


def setup() -> Office:
    return Office()


WORKERS = [Office.work, Office.work]
