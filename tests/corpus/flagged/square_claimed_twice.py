"""Who makes a value is told so, and is paid for it: it is made twice, and so is the payment."""

from threading import Lock

EXPECT = {"nonserializable-outcome"}
MAX_SCHEDULES = 100


class Squares:
    def __init__(self) -> None:
        self.lock = Lock()
        self.paid = 0
        self.known: dict[int, int] = {}

    def make(self, number: int) -> bool:
        if number in self.known:
            return False
        with self.lock:
            self.paid += 1
        self.known[number] = number * number
        return True


setup = Squares


def make(squares: Squares) -> bool:
    return squares.make(3)


WORKERS = [make, make]
