"""Two threads draw lines from generators of their own, which read the same menu."""

from collections.abc import Iterator


class Menu:
    def __init__(self) -> None:
        self.names = ["tea", "milk"]
        self.prices = {"tea": 3, "milk": 1}

    def write_lines(self) -> Iterator[str]:
        for name in self.names:
            yield f"{name}: {self.prices[name]}"


def setup() -> Menu:
    return Menu()


def print_menu(menu: Menu) -> None:
    lines = menu.write_lines()
    assert next(lines) == "tea: 3"
    assert next(lines) == "milk: 1"


WORKERS = [print_menu, print_menu]
