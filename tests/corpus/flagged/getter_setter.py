"""Read and write are each hidden in a helper method, two calls deep."""

EXPECT = {"lost-update", "test-failure"}
MAX_SCHEDULES = 100


class Thermostat:
    def __init__(self) -> None:
        self._degrees = 20

    def get(self) -> int:
        return self._degrees

    def set(self, degrees: int) -> None:
        self._degrees = degrees

    def warmer(self) -> None:
        self.set(self.get() + 1)


def setup() -> Thermostat:
    return Thermostat()


WORKERS = [Thermostat.warmer, Thermostat.warmer]


def check(thermostat: Thermostat) -> bool:
    return thermostat.get() == 22
