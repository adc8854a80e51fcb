"""A reader tries again if a write was going on before or after it read."""


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
        while True:
            before = self.sequence
            x, y = self.x, self.y
            if before % 2 == 0 and self.sequence == before:
                break
        assert x == y


def setup() -> Position:
    return Position()


WORKERS = [Position.move, Position.look]
EACH_ONCE = True
