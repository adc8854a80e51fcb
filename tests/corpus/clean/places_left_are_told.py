"""A place is taken for a time and given back: that one less is told meanwhile is right."""


class Room:
    def __init__(self) -> None:
        self.free = 3

    def visit(self) -> None:
        self.free -= 1
        self.free += 1

    def places(self) -> int:
        return self.free


def setup() -> Room:
    return Room()


WORKERS = [Room.visit, Room.places]
EACH_ONCE = True
