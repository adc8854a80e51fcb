"""The catalogue is made at first use, and there should be one of it."""

from __future__ import annotations


class Catalogue:
    """Names and prices, in cents."""

    def __init__(self) -> None:
        self.prices = {"tea": 320, "coffee": 640}

    def price(self, item: str) -> int:
        """What one of it costs."""
        return self.prices[item]


_catalogue: Catalogue | None = None


def catalogue() -> Catalogue:
    """Return the catalogue of this program."""
    global _catalogue
    if _catalogue is None:
        _catalogue = Catalogue()
    return _catalogue
