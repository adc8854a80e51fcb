"""One thread sleeps until the other has set the flag: impolite, but it always ends."""

import time

SEQUENTIAL = False


class Job:
    def __init__(self) -> None:
        self.done = False
        self.result = 0


def setup() -> Job:
    return Job()


def work(job: Job) -> None:
    job.result = 42
    job.done = True


def wait(job: Job) -> None:
    while not job.done:
        time.sleep(0.001)
    assert job.result == 42


WORKERS = [wait, work]
