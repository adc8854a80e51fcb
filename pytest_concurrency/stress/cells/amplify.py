"""Amplified runs: instrumented code without the baton, so that real threads may switch at every
access.

The interpreter switches threads only at calls and loop ends. The call in front of each access is
such a place, and now and then it gives up the processor.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

from pytest_concurrency.instrument.swap import Instrumentation
from pytest_concurrency.real_time import sleep
from pytest_concurrency.runtime.patches.tracing import unseen
from pytest_concurrency.runtime.scheduler.baton import baton

_YIELDS = 0.2
"""Share of the accesses at which a thread lets others run."""
_LONGEST_PAUSE_SECONDS = 50e-6
"""Seconds."""
_MOST_PAUSES = 2000
"""Of one thread in one run, on average: a test with many accesses must not wait for its pauses."""


@contextmanager
def amplified(
    instrumentation: Instrumentation, rng: random.Random, *, steps: int, active: bool = True
) -> Iterator[None]:
    """Run a block amplified, or as it is if not ``active``; ``steps`` are the scheduling points
    that the test passes without concurrency.
    """
    if not active:
        yield
        return
    draw = rng.random
    share = min(_YIELDS, _MOST_PAUSES / max(steps, 1))

    def maybe_yield(*_: object) -> None:
        if draw() < share:
            sleep(draw() * _LONGEST_PAUSE_SECONDS)

    with instrumentation.swapped(), unseen():
        baton.amplifier = maybe_yield
        try:
            yield
        finally:
            baton.amplifier = None
