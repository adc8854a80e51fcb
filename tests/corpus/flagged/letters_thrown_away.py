"""A box is copied and then emptied: what comes in between is thrown away."""

EXPECT = {"nonserializable-outcome"}
MAX_SCHEDULES = 100


class Box:
    def __init__(self) -> None:
        self.letters = ["bill"]

    def drop(self) -> None:
        self.letters.append("card")

    def empty(self) -> list[str]:
        taken = self.letters.copy()
        self.letters.clear()
        return taken


def setup() -> Box:
    return Box()


WORKERS = [Box.drop, Box.empty]
