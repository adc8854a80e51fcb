"""An object hands out an iterator over its dict; the dict grows while a loop goes through it."""

from collections.abc import Iterator

EXPECT = {"thread-exception"}
MAX_SCHEDULES = 100


class PhoneBook:
    def __init__(self) -> None:
        self.entries = {"anna": 11, "bert": 22}

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)

    def add(self, name: str, number: int) -> None:
        self.entries[name] = number


def setup() -> PhoneBook:
    return PhoneBook()


def print_names(book: PhoneBook) -> None:
    printed = []
    for name in book:
        printed.append(name.title())


def add_carl(book: PhoneBook) -> None:
    book.add("carl", 33)


WORKERS = [print_names, add_carl]
