"""A list is made by whoever needs it first: what the other one has put into his is gone."""

EXPECT = {"atomicity-violation"}
MAX_SCHEDULES = 100


class Log:
    def __init__(self) -> None:
        self._lines: list[str] | None = None

    @property
    def lines(self) -> list[str]:
        if self._lines is None:
            self._lines = []
        return self._lines

    def add(self, line: str) -> None:
        self.lines.append(line)


setup = Log


def one(log: Log) -> None:
    log.add("one")


def two(log: Log) -> None:
    log.add("two")


WORKERS = [one, two]
