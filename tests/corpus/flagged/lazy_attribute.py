"""A list made at first use and then appended to: what one thread added may go with its list."""

from __future__ import annotations

EXPECT = {"atomicity-violation"}
MAX_SCHEDULES = 100


class Mailbox:
    def __init__(self) -> None:
        self.letters: list[str] | None = None

    def deliver(self, letter: str) -> None:
        if self.letters is None:
            self.letters = []
        self.letters.append(letter)


def setup() -> Mailbox:
    return Mailbox()


def first(mailbox: Mailbox) -> None:
    mailbox.deliver("bill")


def second(mailbox: Mailbox) -> None:
    mailbox.deliver("postcard")


WORKERS = [first, second]


def check(mailbox: Mailbox) -> bool:
    return sorted(mailbox.letters or []) == ["bill", "postcard"]
