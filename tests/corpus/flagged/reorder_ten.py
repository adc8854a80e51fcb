"""Like reorder, with nine threads that set and one that looks."""

EXPECT = {"test-failure", "thread-exception"}
MAX_SCHEDULES = 500


class Pair:
    def __init__(self) -> None:
        self.plus = 0
        self.minus = 0


def setup() -> Pair:
    return Pair()


def set_both(pair: Pair) -> None:
    pair.plus = 1
    pair.minus = -1


def look(pair: Pair) -> None:
    assert (pair.plus, pair.minus) in ((0, 0), (1, -1))


WORKERS = [*[set_both] * 9, look]
