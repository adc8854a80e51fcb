"""Records are read from one buffer: its position is moved and used under one lock."""

import io
import threading


class Records:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.file = io.BytesIO(b"annabertcarl")
        self.read: list[bytes] = []

    def fetch(self, number: int) -> None:
        with self.lock:
            self.file.seek(4 * number)
            record = self.file.read(4)
        self.read.append(record)


def setup() -> Records:
    return Records()


def fetch_first(records: Records) -> None:
    records.fetch(0)


def fetch_last(records: Records) -> None:
    records.fetch(2)


WORKERS = [fetch_first, fetch_last]


def check(records: Records) -> bool:
    return sorted(records.read) == [b"anna", b"carl"]
