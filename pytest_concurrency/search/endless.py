"""Says what threads do that do not come to an end: what they keep reading, and that nobody writes
it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pytest_concurrency.detect.lost_update import operation
from pytest_concurrency.model import Access
from pytest_concurrency.runtime.access import location_key
from pytest_concurrency.runtime.sites import SITES

_LATEST = 2000
"""Events at the end of an execution in which a loop shows."""
_MOST_LOCATIONS = 2
_MOST_THREADS = 3


def what_keeps_running(log: Sequence[tuple[Any, ...]], accesses: Sequence[Access]) -> str:
    """Describe what each thread was doing over and over; empty if nothing of it is known."""
    start = max(0, len(log) - _LATEST)
    names = [access.location for access in accesses[start:]] if len(accesses) == len(log) else []
    written = {location_key(event) for event in log[start:] if not _is_look(operation(event))}
    told: dict[int, Counter[tuple[str, int, str, bool]]] = {}
    for position, event in enumerate(log[start:]):
        name = names[position] if names else SITES[event[1]].label
        is_stuck = _is_look(operation(event)) and location_key(event) not in written
        counts = told.setdefault(event[0], Counter())
        counts[name, event[1], operation(event), is_stuck] += 1
    threads = sorted(thread for thread in told if thread or len(told) == 1)
    sentences = [_of_thread(thread, told[thread]) for thread in threads[:_MOST_THREADS]]
    return "; ".join(filter(None, sentences))


def _is_look(op: str) -> bool:
    return op in ("read", "file-read")


def _of_thread(thread: int, counts: Counter[tuple[str, int, str, bool]]) -> str:
    most = counts.most_common(1)[0][1]
    repeated = [what for what, count in counts.items() if count > 1 and 2 * count >= most]
    stuck = [what for what in repeated if what[3]]
    others = [what for what in repeated if not _is_look(what[2])]
    names = {what[0].rpartition(".")[2] for what in others}
    stuck = [what for what in stuck if what[0].rpartition(".")[2] not in names]
    if stuck:
        return f"{_keeps(thread, 'reading', stuck)}, which nobody writes"
    if others:
        return _keeps(thread, "trying", others)
    return _keeps(thread, "reading", repeated) if repeated else ""


def _keeps(thread: int, doing: str, what: Sequence[tuple[str, int, str, bool]]) -> str:
    # The innermost of ``self.state.ready`` comes last; it is what the loop is about.
    shown = what[-_MOST_LOCATIONS:]
    names = " and ".join(dict.fromkeys(name or SITES[number].label for name, number, *_ in shown))
    site = SITES[shown[-1][1]]
    return f"thread {thread} keeps {doing} {names} at {Path(site.path).name}:{site.line}"
