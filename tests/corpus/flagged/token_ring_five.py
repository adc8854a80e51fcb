"""Five stations hand a token on and on, but each writes down that it has it before it looks."""

from __future__ import annotations

from collections.abc import Callable

EXPECT = {"test-failure", "lost-update", "thread-exception"}
MAX_SCHEDULES = 500
SEQUENTIAL = False


class Ring:
    def __init__(self) -> None:
        self.values = [0, 0, 0, 0, 0]

    def hand_on(self, place: int) -> None:
        before = (place - 1) % 5
        self.values[place] = self.values[before] if place else (self.values[before] + 1) % 5


def setup() -> Ring:
    return Ring()


def station(place: int) -> Callable[[Ring], None]:
    return lambda ring: ring.hand_on(place)


WORKERS = [station(place) for place in range(5)]


def check(ring: Ring) -> bool:
    """No station may be two values away from its neighbour: there would be two tokens."""
    changes = sum(ring.values[place] != ring.values[place - 1] for place in range(5))
    return changes != 3
