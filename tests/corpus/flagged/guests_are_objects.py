"""Guests are counted before one more is let in; they are objects, so what is in the list is known
by who is in it.
"""

EXPECT = {"atomicity-violation"}
MAX_SCHEDULES = 50


class Guest:
    def __init__(self, name: str) -> None:
        self.name = name


class House:
    def __init__(self) -> None:
        self.guests = [Guest("host")]

    def visit(self, name: str) -> None:
        if len(self.guests) < 2:
            self.guests.append(Guest(name))


setup = House


def ann(house: House) -> None:
    house.visit("ann")


def bob(house: House) -> None:
    house.visit("bob")


WORKERS = [ann, bob]
