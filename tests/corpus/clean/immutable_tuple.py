"""A pair that belongs together is published as one tuple:
a reader has the old one or the new one.
"""


class Position:
    def __init__(self) -> None:
        self.point = (0, 0)

    def move(self) -> None:
        self.point = (5, -5)

    def look(self) -> None:
        x, y = self.point
        assert x + y == 0


def setup() -> Position:
    return Position()


WORKERS = [Position.move, Position.look, Position.look]
