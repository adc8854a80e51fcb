"""A table is asked, and filled, in two steps: what is computed twice is equal."""


class Squares:
    def __init__(self) -> None:
        self.known: dict[int, tuple[int, list[int]]] = {}

    def of(self, number: int) -> tuple[int, list[int]]:
        if number not in self.known:
            self.known[number] = (number * number, [number, number])
        return self.known[number]


def setup() -> Squares:
    return Squares()


def ask(squares: Squares) -> tuple[int, list[int]]:
    return squares.of(7)


WORKERS = [ask, ask]
