"""``if score > best: best = score`` in jobs of a pool: whichever worker has which job."""

from concurrent.futures import ThreadPoolExecutor

EXPECT = {"atomicity-violation"}
MAX_SCHEDULES = 200
SEQUENTIAL = False


class Board:
    def __init__(self) -> None:
        self.best = 0

    def report(self, score: int) -> None:
        if score > self.best:
            self.best = score


def setup() -> Board:
    return Board()


def play(board: Board) -> None:
    with ThreadPoolExecutor(max_workers=2) as pool:
        list(pool.map(board.report, [5, 9]))


WORKERS = [play]
