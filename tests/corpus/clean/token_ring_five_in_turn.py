"""Five stations hand a token on, each when it has printed; nobody takes another's turn."""

from __future__ import annotations

from collections.abc import Callable


class Ring:
    def __init__(self) -> None:
        self.token_at = 0
        self.printed: list[int] = []

    def visit(self, number: int) -> None:
        if self.token_at != number:
            return
        self.printed.append(number)
        self.token_at = number + 1


def setup() -> Ring:
    return Ring()


def station(number: int) -> Callable[[Ring], None]:
    return lambda ring: ring.visit(number)


WORKERS = [station(number) for number in range(5)]


def check(ring: Ring) -> bool:
    return ring.printed == list(range(ring.token_at))
