"""Like reorder, with four threads that set and one that looks: it has to come between two lines
of the first one that sets.
"""

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


WORKERS = [set_both, set_both, set_both, set_both, look]
