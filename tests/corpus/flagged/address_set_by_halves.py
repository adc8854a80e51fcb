"""An address is set street first, and then as a whole, by one setter: half of it may be read."""

EXPECT = {"stale-read"}
MAX_SCHEDULES = 100


class Person:
    def __init__(self) -> None:
        self.address = "Old Street 1"

    def set(self, address: str) -> None:
        self.address = address

    def move(self, street: str, number: int) -> None:
        self.set(street)
        self.set(f"{street} {number}")

    def read(self) -> str:
        return self.address


def setup() -> Person:
    return Person()


def move(person: Person) -> None:
    person.move("New Street", 2)


WORKERS = [move, Person.read]
EACH_ONCE = True
