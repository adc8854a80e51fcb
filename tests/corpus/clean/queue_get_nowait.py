"""Who finds the queue empty goes home; there is no look before the take."""

import queue


class Office:
    def __init__(self) -> None:
        self.jobs: queue.Queue[str] = queue.Queue()
        self.jobs.put("only one")
        self.results: list[str] = []

    def work(self) -> None:
        try:
            job = self.jobs.get_nowait()
        except queue.Empty:
            return
        self.results.append(job)


def setup() -> Office:
    return Office()


WORKERS = [Office.work, Office.work]


def check(office: Office) -> bool:
    return office.results == ["only one"]
