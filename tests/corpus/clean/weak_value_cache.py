"""Objects are shared as long as somebody holds one; they come and go, under a lock."""

import threading
import weakref


class Colour:
    def __init__(self, name: str) -> None:
        self.name = name
        self.uses = 0


class Palette:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.colours: weakref.WeakValueDictionary[str, Colour] = weakref.WeakValueDictionary()

    def use(self, name: str) -> None:
        with self.lock:
            colour = self.colours.get(name)
            if colour is None:
                colour = Colour(name)
                self.colours[name] = colour
            colour.uses += 1
            assert colour.uses in (1, 2)


def setup() -> Palette:
    return Palette()


def paint(palette: Palette) -> None:
    palette.use("red")
    palette.use("blue")


WORKERS = [paint, paint]
