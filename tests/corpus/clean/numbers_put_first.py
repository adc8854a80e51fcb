"""Numbers are drawn and put at an end of a list: in which order they come there says nothing."""

from itertools import count


class Drawn:
    def __init__(self) -> None:
        self.numbers = count()
        self.first: list[int] = []
        self.last: list[int] = []

    def draw(self) -> None:
        number = next(self.numbers)
        self.first.insert(0, number)
        self.last.append(number)


setup = Drawn

WORKERS = [Drawn.draw, Drawn.draw]


def check(drawn: Drawn) -> bool:
    return sorted(drawn.first) == sorted(drawn.last) == [0, 1]
