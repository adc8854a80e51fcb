"""A new immutable snapshot is made from the old one and swapped in under a lock."""

import threading


class Routes:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._routes: tuple[str, ...] = ()

    def snapshot(self) -> tuple[str, ...]:
        return self._routes

    def swap(self, routes: tuple[str, ...]) -> None:
        self._routes = routes

    def add(self, route: str) -> None:
        with self.lock:
            old = self.snapshot()
            self.swap((*old, route))


def north(routes: Routes) -> None:
    routes.add("north")


def south(routes: Routes) -> None:
    routes.add("south")


def setup() -> Routes:
    return Routes()


WORKERS = [north, south]
