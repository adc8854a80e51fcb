"""What a generator gives is stored again, without a lock."""

import threading
from collections.abc import Iterator


class Cells:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.cells = {"a": 1, "b": 2}

    def pairs(self) -> Iterator[tuple[str, int]]:
        for name in ("a", "b"):
            yield name, self.cells[name]

    def put(self, name: str, value: int) -> None:
        self.cells[name] = value

    def double(self) -> None:
        for name, value in self.pairs():
            self.put(name, value * 2)


def setup() -> Cells:
    return Cells()


WORKERS = [Cells.double, Cells.double]
EXPECT = {"lost-update"}
MAX_SCHEDULES = 200
