"""Many objects of one class live and die in each thread,
so that they get each other's addresses.
"""


class Step:
    def __init__(self) -> None:
        self.count = 0

    def take(self) -> int:
        self.count += 1
        return self.count


class Path:
    def __init__(self) -> None:
        self.lengths = [0, 0]

    def walk(self, number: int) -> None:
        length = 0
        for _ in range(4):
            length += Step().take()
        self.lengths[number] = length


def setup() -> Path:
    return Path()


def first(path: Path) -> None:
    path.walk(0)


def second(path: Path) -> None:
    path.walk(1)


WORKERS = [first, second]


def check(path: Path) -> bool:
    return path.lengths == [4, 4]
