"""The only source of chance: every random decision of a search is drawn here."""

from __future__ import annotations

from hashlib import blake2b
from math import log
from random import Random

_FACTORS = [0.0, 0.0, *[1 / log(1 / k) for k in range(2, 129)]]


class Choices:
    """Random numbers that follow from a seed alone, the same on every platform and
    Python version.
    """

    def __init__(self, *seed: object) -> None:
        self._seed = seed
        self._generator = Random(_number(*seed))
        self.random = self._generator.random

    def jump(self, index: int) -> None:
        """Go to a place that follows from the seed and ``index``, whatever was drawn before."""
        self._generator.seed(_number(*self._seed, index))

    def below(self, count: int) -> int:
        """Draw from ``range(count)``."""
        return int(self.random() * count)

    def stay(self, count: int) -> int:
        """Draw how often in a row a uniform choice among ``count`` (1 to 128) picks the
        same one: geometric, by inversion (Devroye, "Non-Uniform Random Variate Generation", 1986).
        """
        return int(log(1.0 - self.random()) * _FACTORS[count])


def _number(*seed: object) -> int:
    digest = blake2b("\x1f".join(map(str, seed)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")
