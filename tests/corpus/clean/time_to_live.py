"""Entries of a cache say when they were made: two may be made of one value, at different times."""

from time import monotonic

LIFE_SECONDS = 60


class Squares:
    def __init__(self) -> None:
        self.entries: dict[int, tuple[int, float]] = {}

    def get(self, number: int) -> int:
        entry = self.entries.get(number)
        if entry is not None and monotonic() < entry[1]:
            return entry[0]
        square = number * number
        self.entries[number] = (square, monotonic() + LIFE_SECONDS)
        return square


setup = Squares


def ask(squares: Squares) -> int:
    return squares.get(3)


WORKERS = [ask, ask]
