"""A table is replaced by a larger copy of one that is not the latest any more."""

import threading


class Memo:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._table: dict[int, int] = {}

    def table(self) -> dict[int, int]:
        return self._table

    def replace(self, table: dict[int, int]) -> None:
        self._table = table

    def remember(self, key: int) -> None:
        self.replace({**self.table(), key: key * key})


def two(memo: Memo) -> None:
    memo.remember(2)


def three(memo: Memo) -> None:
    memo.remember(3)


def setup() -> Memo:
    return Memo()


WORKERS = [two, three]
EXPECT = {"lost-update"}
MAX_SCHEDULES = 200
