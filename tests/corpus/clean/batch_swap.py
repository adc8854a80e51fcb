"""Under the lock a full list is swapped for an empty one; outside it is worked off."""

import threading


class Log:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.waiting: list[str] = []
        self.written: list[str] = []

    def add(self, line: str) -> None:
        with self.lock:
            self.waiting.append(line)

    def flush(self) -> None:
        with self.lock:
            batch, self.waiting = self.waiting, []
        for line in batch:
            self.written.append(line)


def setup() -> Log:
    return Log()


def write_and_flush(log: Log) -> None:
    log.add("hello")
    log.flush()


WORKERS = [write_and_flush, write_and_flush]


def check(log: Log) -> bool:
    return log.written == ["hello", "hello"] and log.waiting == []
