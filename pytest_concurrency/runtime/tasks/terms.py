"""On which terms executions take place."""

from __future__ import annotations

from collections.abc import Callable, Set
from typing import Any, NamedTuple


class Terms(NamedTuple):
    """What is settled before an execution begins; the defaults hold where nobody explores."""

    snapshot: Callable[[Any], Any] | None = None
    """Describes where every task of the scheduler stands that it is given; called once, when an
    execution is given up.
    """
    elders: Set[int] | None = None
    """Threads that there were when this process began to explore; None if it does not."""
    sleeps_really: bool = False
    """Whether waits with a limit take as long as they say where threads are not managed."""
    is_brief: bool = False
    """Whether nobody will read what the snapshot calls the locks."""
    goes_on: bool = False
    """Whether its threads go on after the body has failed, as they would."""
    leaves_out: bytearray | None = None
    """By site: 1 if its accesses are to leave no event, unless the strategy may switch
    everywhere.
    """
