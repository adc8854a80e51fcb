"""Each thread counts in its own place of one list and under its own key of one dict."""


class Board:
    def __init__(self) -> None:
        self.by_number = [0, 0]
        self.by_name: dict[str, int] = {}

    def count(self, number: int, name: str) -> None:
        for _ in range(3):
            self.by_number[number] += 1
            self.by_name[name] = self.by_name.get(name, 0) + 1


def setup() -> Board:
    return Board()


def first(board: Board) -> None:
    board.count(0, "anna")


def second(board: Board) -> None:
    board.count(1, "ben")


WORKERS = [first, second]
EACH_ONCE = True


def check(board: Board) -> bool:
    return board.by_number == [3, 3] and board.by_name == {"anna": 3, "ben": 3}
