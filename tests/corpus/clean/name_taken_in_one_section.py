"""Whether a name is free is asked by a helper while the lock is held that taking it needs, too."""

from threading import RLock


class Rooms:
    def __init__(self) -> None:
        self.lock = RLock()
        self.owner: dict[str, str] = {}

    def is_free(self, room: str) -> bool:
        with self.lock:
            return room not in self.owner

    def take(self, room: str, who: str) -> None:
        with self.lock:
            self.owner[room] = who

    def book(self, room: str, who: str) -> None:
        with self.lock:
            if self.is_free(room):
                self.take(room, who)


setup = Rooms


def ann(rooms: Rooms) -> None:
    rooms.book("blue", "ann")


def bob(rooms: Rooms) -> None:
    rooms.book("blue", "bob")


WORKERS = [ann, bob]
