"""An object is handed over through a SimpleQueue: one thread after the other owns it."""

from __future__ import annotations

import queue

SEQUENTIAL = False


class Parcel:
    def __init__(self) -> None:
        self.stamps = 0


class Desk:
    def __init__(self) -> None:
        self.parcels: queue.SimpleQueue[Parcel] = queue.SimpleQueue()

    def send(self) -> None:
        parcel = Parcel()
        parcel.stamps += 1
        self.parcels.put(parcel)

    def receive(self) -> None:
        parcel = self.parcels.get()
        parcel.stamps += 1
        assert parcel.stamps == 2


def setup() -> Desk:
    return Desk()


WORKERS = [Desk.send, Desk.receive]
