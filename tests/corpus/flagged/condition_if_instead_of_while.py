"""A woken consumer does not look again whether there is anything left for it."""

import threading

EXPECT = {"thread-exception", "test-failure"}
MAX_SCHEDULES = 300
SEQUENTIAL = False


class Store:
    def __init__(self) -> None:
        self.condition = threading.Condition()
        self.items: list[int] = []

    def get(self) -> int:
        with self.condition:
            if not self.items:
                self.condition.wait()
            return self.items.pop()

    def put(self, item: int) -> None:
        with self.condition:
            self.items.append(item)
            self.condition.notify_all()


def setup() -> Store:
    return Store()


def consume(store: Store) -> None:
    store.get()


def produce_two(store: Store) -> None:
    store.put(1)
    store.put(2)


WORKERS = [consume, consume, produce_two]
