"""A callback is added to a future under the lock that the callback takes: if the job is done
already, the callback is called at once, by the thread that holds the lock."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor

SEQUENTIAL = False
EXPECT = {"deadlock"}
MAX_SCHEDULES = 100


class Ledger:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.done = 0

    def note(self, _: Future[int]) -> None:
        with self.lock:
            self.done += 1

    def run(self) -> None:
        with ThreadPoolExecutor(1) as pool:
            job = pool.submit(int, "1")
            with self.lock:
                job.add_done_callback(self.note)


def setup() -> Ledger:
    return Ledger()


WORKERS = [Ledger.run]
