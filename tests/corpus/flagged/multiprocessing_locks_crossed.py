"""Two locks of ``multiprocessing`` that may be taken again, taken in opposite orders."""

import multiprocessing

EXPECT = {"deadlock"}
MAX_SCHEDULES = 100


class Pair:
    def __init__(self) -> None:
        self.one = multiprocessing.RLock()
        self.other = multiprocessing.RLock()

    def forth(self) -> None:
        with self.one, self.other:
            pass

    def back(self) -> None:
        with self.other, self.one:
            pass


def setup() -> Pair:
    return Pair()


WORKERS = [Pair.forth, Pair.back]
