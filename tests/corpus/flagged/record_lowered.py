"""A record is compared and set in two steps: a lower one may come out."""

EXPECT = {"atomicity-violation"}
MAX_SCHEDULES = 100


class Board:
    def __init__(self) -> None:
        self.record = 0

    def report(self, points: int) -> None:
        if points > self.record:
            self.record = points


def setup() -> Board:
    return Board()


def report_five(board: Board) -> None:
    board.report(5)


def report_nine(board: Board) -> None:
    board.report(9)


WORKERS = [report_five, report_nine]
