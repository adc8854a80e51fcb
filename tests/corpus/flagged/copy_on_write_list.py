"""A new list replaces the old one, so that readers are safe; two writers copy the same old one."""

EXPECT = {"lost-update", "test-failure"}
MAX_SCHEDULES = 100


class Bell:
    def __init__(self) -> None:
        self.listeners: list[str] = []

    def subscribe(self, name: str) -> None:
        self.listeners = [*self.listeners, name]


def setup() -> Bell:
    return Bell()


def anna(bell: Bell) -> None:
    bell.subscribe("anna")


def ben(bell: Bell) -> None:
    bell.subscribe("ben")


WORKERS = [anna, ben]


def check(bell: Bell) -> bool:
    return sorted(bell.listeners) == ["anna", "ben"]
