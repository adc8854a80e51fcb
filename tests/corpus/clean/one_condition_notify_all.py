"""Producers and consumers share one condition, but everybody is woken and looks again."""

import threading

SEQUENTIAL = False


class Slot:
    def __init__(self) -> None:
        self.condition = threading.Condition()
        self.items: list[int] = []

    def put(self, item: int) -> None:
        with self.condition:
            while self.items:
                self.condition.wait()
            self.items.append(item)
            self.condition.notify_all()

    def get(self) -> None:
        with self.condition:
            while not self.items:
                self.condition.wait()
            self.items.pop()
            self.condition.notify_all()


def setup() -> Slot:
    return Slot()


def produce_one(slot: Slot) -> None:
    slot.put(1)


def produce_two(slot: Slot) -> None:
    slot.put(2)


WORKERS = [Slot.get, Slot.get, produce_one, produce_two]


def check(slot: Slot) -> bool:
    return slot.items == []
