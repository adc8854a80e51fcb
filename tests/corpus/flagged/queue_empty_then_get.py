"""``if not queue.empty(): queue.get()``: two threads see one item, the second waits for ever."""

import queue

EXPECT = {"deadlock"}
MAX_SCHEDULES = 100


def setup() -> queue.Queue[str]:
    jobs: queue.Queue[str] = queue.Queue()
    jobs.put("only one")
    return jobs


def take(jobs: queue.Queue[str]) -> None:
    if not jobs.empty():
        jobs.get()


WORKERS = [take, take]
