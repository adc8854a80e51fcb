"""The place of a failure in programs that are made as real packages are: each location is the one
that whoever mends it has to guard.
"""

from __future__ import annotations

from typing import Any

import package_caches
import package_services
import pytest

from pytest_concurrency import explore

PROGRAMS = [
    each
    for module in (package_caches, package_services)
    for each in vars(module).values()
    if hasattr(each, "location")
]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("strategy", ["auto", "random"])
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda each: each.__name__)
def test_the_place_that_whoever_mends_it_has_to_guard(
    program: Any, strategy: str, seed: int
) -> None:
    found = explore(
        program.new, program.workers, program.check, schedules=300, strategy=strategy, seed=seed
    )
    assert found.hazards
    for hazard in found.hazards:
        assert hazard.location.startswith(program.location), hazard.message
        assert hazard.sites
