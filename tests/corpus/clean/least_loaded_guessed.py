"""The server with the least load is guessed from all, and its load counted under the lock: for two
clients another choice would have been as good (of three, all may come to one server).
"""

from threading import Lock


class Servers:
    def __init__(self) -> None:
        self.lock = Lock()
        self.load = {"one": 0, "two": 0}

    def choose(self) -> None:
        name = "one" if min(self.load.values()) == self.load["one"] else "two"
        with self.lock:
            self.load[name] += 1


setup = Servers


def choose(servers: Servers) -> None:
    servers.choose()


def check(servers: Servers) -> bool:
    return sum(servers.load.values()) == 2


WORKERS = [choose, choose]
EACH_ONCE = True
