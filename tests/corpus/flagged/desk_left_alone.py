"""Each leaves the desk if the other one is there: both look before either has left."""

EXPECT = {"atomicity-violation"}
MAX_SCHEDULES = 100


class Desk:
    def __init__(self) -> None:
        self.anna = True
        self.ben = True

    def anna_leaves(self) -> None:
        if self.ben:
            self.anna = False

    def ben_leaves(self) -> None:
        if self.anna:
            self.ben = False


setup = Desk


def anna_leaves(desk: Desk) -> None:
    desk.anna_leaves()


def ben_leaves(desk: Desk) -> None:
    desk.ben_leaves()


WORKERS = [anna_leaves, ben_leaves]
