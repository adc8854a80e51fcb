"""Peterson's lock: two flags and a turn keep two threads apart, spinning."""


class Peterson:
    def __init__(self) -> None:
        self.wants = [False, False]
        self.turn = 0
        self.value = 0

    def increment(self, me: int) -> None:
        other = 1 - me
        self.wants[me] = True
        self.turn = other
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
EACH_ONCE = True


def check(lock: Peterson) -> bool:
    return lock.value == 2
