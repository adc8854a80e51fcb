"""Two workers take jobs until there are none: how many each of them gets depends on timing."""

from threading import Lock


class Office:
    def __init__(self) -> None:
        self.lock = Lock()
        self.jobs = [1, 2, 3]
        self.done: list[int] = []

    def work(self) -> int:
        mine = 0
        while True:
            with self.lock:
                if not self.jobs:
                    return mine
                job = self.jobs.pop()
            mine += 1
            with self.lock:
                self.done.append(job)


def setup() -> Office:
    return Office()


WORKERS = [Office.work, Office.work]
