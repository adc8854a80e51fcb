"""``+=`` on a property: the getter reads one attribute, the setter writes it."""

EXPECT = {"lost-update", "test-failure"}
MAX_SCHEDULES = 100


class Volume:
    def __init__(self) -> None:
        self._level = 0

    @property
    def level(self) -> int:
        return self._level

    @level.setter
    def level(self, level: int) -> None:
        self._level = min(level, 11)


def setup() -> Volume:
    return Volume()


def louder(volume: Volume) -> None:
    volume.level += 1


WORKERS = [louder, louder]


def check(volume: Volume) -> bool:
    return volume.level == 2
