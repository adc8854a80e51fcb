"""Different names are added to a list if they are not there: what the other one adds changes
nothing."""


class Guests:
    def __init__(self) -> None:
        self.names: list[str] = []

    def add(self, name: str) -> None:
        if name not in self.names:
            self.names.append(name)


setup = Guests


def ann(guests: Guests) -> None:
    guests.add("ann")


def bob(guests: Guests) -> None:
    guests.add("bob")


WORKERS = [ann, bob]
EACH_ONCE = True
