"""``if score > best: best = score``: a worse score that was compared early may overwrite
a better one.
"""

EXPECT = {"atomicity-violation"}
MAX_SCHEDULES = 100


class Board:
    def __init__(self) -> None:
        self.best = 0

    def report(self, score: int) -> None:
        if score > self.best:
            self.best = score


def setup() -> Board:
    return Board()


def play_badly(board: Board) -> None:
    board.report(5)


def play_well(board: Board) -> None:
    board.report(9)


WORKERS = [play_badly, play_well]


def check(board: Board) -> bool:
    return board.best == 9
