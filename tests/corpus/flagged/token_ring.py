"""Only who has the token may print, but a station passes the token on before it has printed."""

EXPECT = {"test-failure", "lost-update"}
MAX_SCHEDULES = 200


class Ring:
    def __init__(self) -> None:
        self.token_at = 0
        self.printing = 0
        self.collisions = 0

    def station(self, number: int) -> None:
        if self.token_at != number:
            return
        self.token_at = (number + 1) % 3
        self.printing += 1
        if self.printing > 1:
            self.collisions += 1
        self.printing -= 1


def setup() -> Ring:
    return Ring()


def station_zero(ring: Ring) -> None:
    ring.station(0)


def station_one(ring: Ring) -> None:
    ring.station(1)


def station_two(ring: Ring) -> None:
    ring.station(2)


WORKERS = [station_zero, station_one, station_two]


def check(ring: Ring) -> bool:
    return ring.collisions == 0 and ring.printing == 0
