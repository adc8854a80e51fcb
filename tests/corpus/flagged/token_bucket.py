"""A rate limiter with one token left lets two calls through."""

EXPECT = {"atomicity-violation", "lost-update"}
MAX_SCHEDULES = 100


class Bucket:
    def __init__(self) -> None:
        self.tokens = 1
        self.allowed = [False, False]

    def allow(self) -> bool:
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


def setup() -> Bucket:
    return Bucket()


def first(bucket: Bucket) -> None:
    bucket.allowed[0] = bucket.allow()


def second(bucket: Bucket) -> None:
    bucket.allowed[1] = bucket.allow()


WORKERS = [first, second]


def check(bucket: Bucket) -> bool:
    return sum(bucket.allowed) == 1 and bucket.tokens == 0
