"""A lock built from a flag: looking at it and setting it are two steps, so two get in."""

import time

EXPECT = {"lost-update", "test-failure"}
MAX_SCHEDULES = 500


class Room:
    def __init__(self) -> None:
        self.taken = False
        self.visits = 0

    def visit(self) -> None:
        while self.taken:
            time.sleep(0.001)
        self.taken = True
        self.visits += 1
        self.taken = False


def setup() -> Room:
    return Room()


WORKERS = [Room.visit, Room.visit]


def check(room: Room) -> bool:
    return room.visits == 2
