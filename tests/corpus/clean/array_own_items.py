"""Each thread counts in an item of its own of one array and one bytearray."""

from array import array


class Counts:
    def __init__(self) -> None:
        self.calls = array("l", [0, 0])
        self.flags = bytearray(2)

    def count(self, place: int) -> None:
        for _ in range(3):
            self.calls[place] += 1
        self.flags[place] += 1


def setup() -> Counts:
    return Counts()


def first(counts: Counts) -> None:
    counts.count(0)


def second(counts: Counts) -> None:
    counts.count(1)


WORKERS = [first, second]
EACH_ONCE = True


def check(counts: Counts) -> bool:
    return counts.calls.tolist() == [3, 3] and counts.flags == b"\1\1"
