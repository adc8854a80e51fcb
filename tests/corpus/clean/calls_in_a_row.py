"""Each call is one critical section; what one call has read decides nothing of the next one."""

from threading import Lock


class Board:
    def __init__(self) -> None:
        self.lock = Lock()
        self.best = 0
        self.last = ""

    def show(self) -> int:
        with self.lock:
            return self.best if self.last else 0

    def enter(self, who: str, points: int) -> None:
        with self.lock:
            self.last = who
            if points > self.best:
                self.best = points

    def clear(self) -> None:
        with self.lock:
            self.best = 0
            self.last = ""


setup = Board


def play(board: Board) -> None:
    board.show()
    board.enter("ann", 7)
    board.show()
    board.clear()


WORKERS = [play, play]
