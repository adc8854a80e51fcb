"""A list has room for one: its length is asked first, and appended to afterwards. Nobody checks."""

EXPECT = {"atomicity-violation"}
MAX_SCHEDULES = 50


class Lift:
    def __init__(self) -> None:
        self.inside: list[str] = []

    def enter(self, who: str) -> bool:
        if len(self.inside) >= 1:
            return False
        self.inside.append(who)
        return True


setup = Lift


def ann(lift: Lift) -> None:
    lift.enter("ann")


def bob(lift: Lift) -> None:
    lift.enter("bob")


WORKERS = [ann, bob]
