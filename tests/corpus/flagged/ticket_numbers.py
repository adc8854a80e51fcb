"""Two customers may draw the same ticket number."""

EXPECT = {"lost-update", "test-failure"}
MAX_SCHEDULES = 100


class Dispenser:
    def __init__(self) -> None:
        self.next_number = 1
        self.drawn: list[int] = []

    def draw(self) -> None:
        number = self.next_number
        self.next_number += 1
        self.drawn.append(number)


def setup() -> Dispenser:
    return Dispenser()


WORKERS = [Dispenser.draw, Dispenser.draw]


def check(dispenser: Dispenser) -> bool:
    return sorted(dispenser.drawn) == [1, 2]
