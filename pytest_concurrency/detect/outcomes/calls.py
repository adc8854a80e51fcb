"""What workers do call by call, and the orders of whole calls, one after another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

from pytest_concurrency.runtime.trace.operations import ACQUIRE, STEP

CALLED: Final = "called"
"""A function was called in which threads meet."""


class Choice(NamedTuple):
    """A place where one of several threads could go on."""

    picked: int
    among: int


Steps = Counter[tuple[int, int, str]]
"""What a worker did itself, as far as it matters when: the first line of the function, the
instruction and what it did there (``CALLED``, or an operation), how often."""


def is_one_call(steps: Steps) -> bool:
    """Whether all that a worker does is one call: it makes one and touches nothing besides, or
    makes none, and so is one.

    What it comes to again and again, and what it locks apart, was not meant to be one; to go
    through a container is one thing, however many steps it takes.
    """
    done = Counter(op for _, _, op in steps.elements())
    if done[CALLED]:
        return done.total() == 1
    return done[ACQUIRE] <= 1 and all(n == 1 for (*_, op), n in steps.items() if op != STEP)


def following(choices: Sequence[Choice]) -> list[int] | None:
    """Return the picks after those that were made, depth first; None: there are no others."""
    for number in reversed(range(len(choices))):
        picked, among = choices[number]
        if picked + 1 < among:
            return [*(choice.picked for choice in choices[:number]), picked + 1]
    return None
