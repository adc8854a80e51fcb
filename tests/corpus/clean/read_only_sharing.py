"""Two threads read the same table as often as they like; nobody writes it."""


class Tariff:
    def __init__(self) -> None:
        self.prices = {"child": 4, "adult": 8}
        self.steps = [1, 2, 3]
        self.discount = 1

    def price(self, group: str) -> int:
        return self.prices[group] * self.steps[1] - self.discount


def setup() -> Tariff:
    return Tariff()


def family(tariff: Tariff) -> None:
    assert tariff.price("child") + tariff.price("adult") == 22


WORKERS = [family, family]
