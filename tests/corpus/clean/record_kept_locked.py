"""A record is compared and set under a lock."""

import threading


class Board:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.record = 0

    def report(self, points: int) -> None:
        with self.lock:
            if points > self.record:
                self.record = points


def setup() -> Board:
    return Board()


def report_five(board: Board) -> None:
    board.report(5)


def report_nine(board: Board) -> None:
    board.report(9)


WORKERS = [report_five, report_nine]
