"""A job is accepted while the queue is being closed: nobody will ever work on it."""

EXPECT = {"test-failure"}
MAX_SCHEDULES = 100


class WorkQueue:
    def __init__(self) -> None:
        self.closed = False
        self.jobs: list[str] = []
        self.accepted: list[str] = []
        self.worked_off: list[str] = []

    def submit(self, job: str) -> None:
        if self.closed:
            return
        self.accepted.append(job)
        self.jobs.append(job)

    def close(self) -> None:
        self.closed = True
        self.worked_off.extend(self.jobs)
        self.jobs.clear()


def setup() -> WorkQueue:
    return WorkQueue()


def submit(work: WorkQueue) -> None:
    work.submit("print")


WORKERS = [submit, WorkQueue.close]


def check(work: WorkQueue) -> bool:
    return work.worked_off == work.accepted
