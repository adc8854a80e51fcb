"""functools.cached_property whose value does not tell who computed it."""

from functools import cached_property


class Text:
    def __init__(self) -> None:
        self.words = ["to", "be"]
        self.lengths = [0, 0]

    @cached_property
    def letters(self) -> int:
        return sum(len(word) for word in self.words)


def setup() -> Text:
    return Text()


def first(text: Text) -> None:
    text.lengths[0] = text.letters


def second(text: Text) -> None:
    text.lengths[1] = text.letters


WORKERS = [first, second]


def check(text: Text) -> bool:
    return text.lengths == [4, 4]
