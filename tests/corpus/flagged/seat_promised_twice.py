"""Both travellers are told that the seat is theirs: it is asked and taken in two steps."""

EXPECT = {"nonserializable-outcome"}
MAX_SCHEDULES = 100


class Coach:
    def __init__(self) -> None:
        self.free = {"1a"}

    def take(self) -> bool:
        if "1a" not in self.free:
            return False
        self.free.discard("1a")
        return True


def setup() -> Coach:
    return Coach()


WORKERS = [Coach.take, Coach.take]
