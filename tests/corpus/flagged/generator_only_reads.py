"""Two threads draw lines from one generator that changes nothing: still it can run in only one of
them.
"""

from collections.abc import Iterator

EXPECT = {"thread-exception"}
MAX_SCHEDULES = 100


class Menu:
    def __init__(self) -> None:
        self.names = ["tea", "milk"]
        self.prices = {"tea": 3, "milk": 1}
        self.lines = self.write_lines()

    def write_lines(self) -> Iterator[str]:
        for name in self.names:
            yield f"{name}: {self.prices[name]}"


def setup() -> Menu:
    return Menu()


def print_line(menu: Menu) -> None:
    next(menu.lines)


WORKERS = [print_line, print_line]
