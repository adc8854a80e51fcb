"""A parcel lies in a locked box; who takes it out has it alone and needs no lock any more."""

from __future__ import annotations

import threading


class Parcel:
    def __init__(self) -> None:
        self.stamps = 0


class Box:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.parcel: Parcel | None = Parcel()

    def take(self) -> Parcel | None:
        with self.lock:
            parcel, self.parcel = self.parcel, None
            return parcel

    def put_back(self, parcel: Parcel) -> None:
        with self.lock:
            self.parcel = parcel

    def stamp(self) -> None:
        parcel = self.take()
        if parcel is not None:
            before = parcel.stamps
            parcel.stamps += 1
            assert parcel.stamps == before + 1
            self.put_back(parcel)


def setup() -> Box:
    return Box()


WORKERS = [Box.stamp, Box.stamp]


def check(box: Box) -> bool:
    return box.parcel is not None and box.parcel.stamps in (1, 2)
