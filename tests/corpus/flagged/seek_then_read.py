"""Records are read from one buffer: its position is moved first and used then, and both threads
share it.
"""

import io

EXPECT = {"test-failure", "lost-update"}
MAX_SCHEDULES = 100


class Records:
    def __init__(self) -> None:
        self.file = io.BytesIO(b"annabertcarl")
        self.read: list[bytes] = []

    def fetch(self, number: int) -> None:
        self.file.seek(4 * number)
        self.read.append(self.file.read(4))


def setup() -> Records:
    return Records()


def fetch_first(records: Records) -> None:
    records.fetch(0)


def fetch_last(records: Records) -> None:
    records.fetch(2)


WORKERS = [fetch_first, fetch_last]


def check(records: Records) -> bool:
    return sorted(records.read) == [b"anna", b"carl"]
