"""A box is emptied letter by letter: what comes meanwhile is taken, or stays."""


class Box:
    def __init__(self) -> None:
        self.letters = ["bill"]

    def drop(self) -> None:
        self.letters.append("card")

    def empty(self) -> list[str]:
        taken = []
        while True:
            try:
                taken.append(self.letters.pop(0))
            except IndexError:
                return taken


def setup() -> Box:
    return Box()


WORKERS = [Box.drop, Box.empty]
