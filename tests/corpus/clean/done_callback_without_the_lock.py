"""A callback that takes a lock is added to a future by a thread that does not hold the lock."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor

SEQUENTIAL = False


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
            job.add_done_callback(self.note)


def setup() -> Ledger:
    return Ledger()


WORKERS = [Ledger.run]
