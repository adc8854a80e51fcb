"""Peterson's lock with its first two lines exchanged: both may get in."""

EXPECT = {"test-failure", "lost-update"}
MAX_SCHEDULES = 500


class Peterson:
    def __init__(self) -> None:
        self.wants = [False, False]
        self.turn = 0
        self.value = 0

    def increment(self, me: int) -> None:
        other = 1 - me
        self.turn = other
        self.wants[me] = True
        while self.wants[other] and self.turn == other:
            pass
        self.value += 1
        self.wants[me] = False


def setup() -> Peterson:
    return Peterson()


def first(lock: Peterson) -> None:
    lock.increment(0)


def second(lock: Peterson) -> None:
    lock.increment(1)


WORKERS = [first, second]


def check(lock: Peterson) -> bool:
    return lock.value == 2
