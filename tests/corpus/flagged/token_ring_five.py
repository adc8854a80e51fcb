"""Five stations hand a token on; all but the first two hand it on before they have printed."""

from __future__ import annotations

from collections.abc import Callable

EXPECT = {"test-failure", "lost-update"}
MAX_SCHEDULES = 500


class Ring:
    def __init__(self) -> None:
        self.token_at = 0
        self.printing = 0
        self.collisions = 0

    def hand_on(self, number: int) -> None:
        self.token_at = number + 1

    def print_page(self) -> None:
        self.printing += 1
        if self.printing > 1:
            self.collisions += 1
        self.printing -= 1

    def visit(self, number: int) -> None:
        if self.token_at != number:
            return
        if number > 1:
            self.hand_on(number)
            self.print_page()
        else:
            self.print_page()
            self.hand_on(number)


def setup() -> Ring:
    return Ring()


def station(number: int) -> Callable[[Ring], None]:
    return lambda ring: ring.visit(number)


WORKERS = [station(number) for number in range(5)]


def check(ring: Ring) -> bool:
    return ring.collisions == 0 and ring.printing == 0
