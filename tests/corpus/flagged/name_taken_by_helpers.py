"""One method tells whether a name is free, another one takes it; each has the lock, both do not."""

from threading import Lock

EXPECT = {"atomicity-violation"}
MAX_SCHEDULES = 50


class Rooms:
    def __init__(self) -> None:
        self.lock = Lock()
        self.owner: dict[str, str] = {}

    def is_free(self, room: str) -> bool:
        with self.lock:
            return room not in self.owner

    def take(self, room: str, who: str) -> None:
        with self.lock:
            self.owner[room] = who

    def book(self, room: str, who: str) -> None:
        if self.is_free(room):
            self.take(room, who)


setup = Rooms


def ann(rooms: Rooms) -> None:
    rooms.book("blue", "ann")


def bob(rooms: Rooms) -> None:
    rooms.book("blue", "bob")


WORKERS = [ann, bob]
