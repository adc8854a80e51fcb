"""A cache may make a value twice, and counts under a lock how often it has made one: it has."""

from threading import Lock


class Squares:
    def __init__(self) -> None:
        self.lock = Lock()
        self.made = 0
        self.known: dict[int, int] = {}

    def get(self, number: int) -> int:
        try:
            return self.known[number]
        except KeyError:
            with self.lock:
                self.made += 1
        square = self.known[number] = number * number
        return square


setup = Squares


def ask(squares: Squares) -> int:
    return squares.get(3)


WORKERS = [ask, ask]
