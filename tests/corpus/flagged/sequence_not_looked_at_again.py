"""A reader looks whether a write is going on before it reads, and not again afterwards."""

EXPECT = {"thread-exception"}
MAX_SCHEDULES = 100


class Position:
    def __init__(self) -> None:
        self.sequence = 0
        self.x = 0
        self.y = 0

    def move(self) -> None:
        self.sequence += 1
        self.x = 1
        self.y = 1
        self.sequence += 1

    def look(self) -> None:
        while self.sequence % 2:
            pass
        x, y = self.x, self.y
        assert x == y


def setup() -> Position:
    return Position()


WORKERS = [Position.move, Position.look]
