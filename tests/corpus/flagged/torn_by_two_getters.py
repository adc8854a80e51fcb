"""Each getter is locked, so is the change of both; the mean is made of what two getters give."""

from threading import Lock

EXPECT = {"atomicity-violation"}
MAX_SCHEDULES = 200


class Average:
    def __init__(self) -> None:
        self.lock = Lock()
        self._total = 10
        self._count = 1

    def add(self, value: int) -> None:
        with self.lock:
            self._total += value
            self._count += 1

    @property
    def total(self) -> int:
        with self.lock:
            return self._total

    def count(self) -> int:
        with self.lock:
            return self._count

    def mean(self) -> float:
        total = self.total
        count = self.count()
        return total / count


def setup() -> Average:
    return Average()


def add(average: Average) -> None:
    average.add(30)


WORKERS = [add, Average.mean]
EACH_ONCE = True
