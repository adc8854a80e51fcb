"""An object hands out an iterator over a copy of its dict's keys; the dict may grow meanwhile."""

from collections.abc import Iterator


class PhoneBook:
    def __init__(self) -> None:
        self.entries = {"anna": 11, "bert": 22}

    def __iter__(self) -> Iterator[str]:
        return iter(list(self.entries))

    def add(self, name: str, number: int) -> None:
        self.entries[name] = number


def setup() -> PhoneBook:
    return PhoneBook()


def print_names(book: PhoneBook) -> None:
    printed = []
    for name in book:
        printed.append(name.title())
    assert printed in (["Anna", "Bert"], ["Anna", "Bert", "Carl"])


def add_carl(book: PhoneBook) -> None:
    book.add("carl", 33)


WORKERS = [print_names, add_carl]
