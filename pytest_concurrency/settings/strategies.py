"""The list of strategies: their names, and what makes them.

Imported by every pytest run, for the option that names them; they themselves only where a search
begins (``search/strategies``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple


class Entry(NamedTuple):
    """How schedules may be chosen."""

    name: str
    """As in ``--concurrency-strategy=NAME``."""
    make: str | Callable[[Any], Any]
    """Makes the strategy of one search from a ``search.execution.strategy.Start``; or where that
    is: ``module:name``.
    """
    in_one_job: bool = False
    """Whether its schedules follow from those before, so that several jobs cannot share them."""


_PLACE: Final = "pytest_concurrency.search.strategies."
STRATEGIES: Final = {
    entry.name: entry
    for entry in (
        Entry("auto", _PLACE + "auto:Auto.made"),
        Entry("random", _PLACE + "random_walk:RandomWalk.made"),
        Entry("pct", _PLACE + "pct:Pct.made"),
        Entry("pos", _PLACE + "pos:Pos.made"),
        Entry("surw", _PLACE + "surw:Surw.made"),
        Entry("dpor", _PLACE + "complete:Complete.made", in_one_job=True),
        Entry("systematic", _PLACE + "auto:Auto.systematic_alone", in_one_job=True),
    )
}
"""By name; while a session lasts, with those of other packages."""
