"""``in`` and ``[...] =`` of a class of the program: each has the lock, both do not."""

from threading import Lock

EXPECT = {"atomicity-violation"}
MAX_SCHEDULES = 50


class Names:
    def __init__(self) -> None:
        self.lock = Lock()
        self.owners: dict[str, str] = {}

    def __contains__(self, name: str) -> bool:
        with self.lock:
            return name in self.owners

    def __setitem__(self, name: str, owner: str) -> None:
        with self.lock:
            self.owners[name] = owner


setup = Names


def ann(names: Names) -> None:
    if "blue" not in names:
        names["blue"] = "ann"


def bob(names: Names) -> None:
    if "blue" not in names:
        names["blue"] = "bob"


WORKERS = [ann, bob]
