"""Both threads note who was here last without looking first: the last one wins,
and that is meant.
"""


class Door:
    def __init__(self) -> None:
        self.last = ""


def setup() -> Door:
    return Door()


def anna(door: Door) -> None:
    door.last = "anna"


def ben(door: Door) -> None:
    door.last = "ben"


WORKERS = [anna, ben]


def check(door: Door) -> bool:
    return door.last in ("anna", "ben")
