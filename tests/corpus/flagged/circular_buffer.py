"""A ring buffer whose fill count is changed from both ends without a lock."""

EXPECT = {"lost-update", "test-failure"}
MAX_SCHEDULES = 200


class Ring:
    def __init__(self) -> None:
        self.slots = [0, 0, 0]
        self.head = 0
        self.tail = 0
        self.filled = 0
        self.got: list[int] = []

    def put(self, item: int) -> None:
        if self.filled < 3:
            self.slots[self.tail] = item
            self.tail = (self.tail + 1) % 3
            self.filled += 1

    def get(self) -> None:
        if self.filled > 0:
            self.got.append(self.slots[self.head])
            self.head = (self.head + 1) % 3
            self.filled -= 1


def setup() -> Ring:
    ring = Ring()
    ring.put(1)
    return ring


def produce(ring: Ring) -> None:
    ring.put(2)


WORKERS = [produce, Ring.get]


def check(ring: Ring) -> bool:
    return ring.got == [1] and ring.filled == 1
