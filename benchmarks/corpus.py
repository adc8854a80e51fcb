"""Schedules and seconds to the first bug of programs that have one, for every strategy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import mean
from typing import NamedTuple

from benchmarks.asking import OURS, PEER, Child, NoAnswerError, has_peer
from benchmarks.table import Table
from pytest_concurrency.settings.strategies import STRATEGIES

NAMES = tuple(STRATEGIES)

FOLDER = Path(__file__).parent.parent / "tests" / "corpus" / "flagged"
SCHEDULES = 500
SEEDS = 5
SECONDS = 60.0
PEER_SECONDS = 3.0
"""Many programs would take the peer longer to be through with; those are named."""
HARDEST = 10
HEADER = (
    "first bug",
    "found, every seed",
    "found, some seed",
    "schedules",
    "ditto, the peer's",
    "seconds",
)


class First(NamedTuple):
    """How a search for the first bug ended."""

    schedules: int
    """Until it was found; 0 if it was not."""
    seconds: float
    why_not: str


Searches = dict[str, list[First]]
"""By program, one for each seed."""


def measure(quick: bool) -> Table:
    """Search each program under each strategy, with several seeds, in turn."""
    paths = sorted(FOLDER.glob("*.py"))[:: 8 if quick else 1]
    seeds = range(1 if quick else SEEDS)
    found: dict[str, Searches] = {name: {} for name in NAMES}
    peer: Searches = {}
    with Child(OURS) as ours, Child(PEER) as other:
        for path in paths:
            for name in NAMES:
                searches = [_search(ours, path, name, seed, SECONDS) for seed in seeds]
                found[name][path.stem] = searches
            if has_peer():
                seconds = PEER_SECONDS / (2 if quick else 1)
                peer[path.stem] = [_search(other, path, "random", 0, seconds)]
    return tabulated(found, peer)


def _search(child: Child, path: Path, strategy: str, seed: int, seconds: float) -> First:
    patience = 3 * seconds
    try:
        answer = child.ask(
            "first_bug", str(path), strategy, seed, SCHEDULES, seconds, seconds=patience
        )
    except NoAnswerError as error:
        return First(0, patience if error.end == "hangs" else 0.0, error.end)
    first = First(*answer)
    if child.tool == PEER and not first.schedules:
        child.end()  # it may have left threads behind
    return first


def tabulated(found: dict[str, Searches], peer: Searches) -> Table:
    """Compare the strategies, and the peer if its searches are there."""
    default = found[NAMES[0]]
    by_all = [name for name in default if all(_always(each[name]) for each in found.values())]
    by_peer = [name for name in by_all if peer and peer[name][0].schedules]
    rows = [_row(name, searches, by_all, by_peer) for name, searches in found.items()]
    notes = [
        "",
        f"{len(default)} programs, at most {SCHEDULES} schedules each. Schedules: the mean over",
        f"the {len(by_all)} programs that every strategy finds with every seed, and over the "
        f"{len(by_peer)} of them",
        f"that the peer finds, too. Seconds: all programs, once; the slowest under {NAMES[0]}:",
        f"{_slowest(default)}.",
    ]
    wrong = {name: each for name, searches in found.items() if (each := _exhausted(searches))}
    if wrong:
        notes += ["", "Not found, although all schedules are said to have been run:"]
        notes += [f"  {name}: {', '.join(programs)}" for name, programs in wrong.items()]
    if peer:
        rows.append(_row(f"{PEER} random", peer, (), by_peer))
        notes += ["", f"What {PEER} did not find:", *_reasons(peer)]
    notes += ["", f"The {HARDEST} hardest, in mean schedules (found with so many seeds):", ""]
    notes.append(_hardest(found, peer).render())
    return Table(HEADER, rows, notes)


def _hardest(found: dict[str, Searches], peer: Searches) -> Table:
    programs = sorted(
        found[NAMES[0]], key=lambda name: -_effort(each[name] for each in found.values())
    )
    columns = {**found, PEER: peer} if peer else found
    rows = [(name, *(_cell(each[name]) for each in columns.values())) for name in programs]
    return Table(("program", *columns), rows[:HARDEST])


def _row(name: str, searches: Searches, by_all: Sequence[str], by_peer: Sequence[str]) -> list[str]:
    always = sum(_always(firsts) for firsts in searches.values())
    ever = sum(any(first.schedules for first in firsts) for firsts in searches.values())
    seconds = sum(mean(first.seconds for first in firsts) for firsts in searches.values())
    return [
        name,
        f"{always} of {len(searches)}",
        f"{ever} of {len(searches)}",
        *(_mean_schedules(searches, programs) for programs in (by_all, by_peer)),
        f"{seconds:.1f}",
    ]


def _mean_schedules(searches: Searches, programs: Sequence[str]) -> str:
    if not programs:
        return "-"
    return f"{mean(first.schedules for name in programs for first in searches[name]):.1f}"


def _always(firsts: Sequence[First]) -> bool:
    return all(first.schedules for first in firsts)


def _effort(strategies: Iterable[Sequence[First]]) -> float:
    """Return the mean schedules; all that were allowed count for a bug that was not found."""
    return mean(first.schedules or SCHEDULES for firsts in strategies for first in firsts)


def _exhausted(searches: Searches) -> list[str]:
    return [
        name
        for name, firsts in searches.items()
        if any(first.why_not == "exhausted" for first in firsts)
    ]


def _slowest(searches: Searches) -> str:
    seconds = {name: mean(first.seconds for first in firsts) for name, firsts in searches.items()}
    slowest = sorted(seconds, key=lambda name: -seconds[name])[:3]
    return ", ".join(f"{name} {seconds[name]:.2f}" for name in slowest)


def _cell(firsts: Sequence[First]) -> str:
    hits = [first.schedules for first in firsts if first.schedules]
    if not hits:
        return firsts[0].why_not
    share = "" if len(hits) == len(firsts) else f" ({len(hits)} of {len(firsts)})"
    return f"{mean(hits):.0f}{share}"


def _reasons(searches: Searches) -> list[str]:
    reasons: dict[str, list[str]] = {}
    for name, (first,) in searches.items():
        if not first.schedules:
            reasons.setdefault(first.why_not, []).append(name)
    return [f"  {reason}: {len(names)} ({', '.join(names)})" for reason, names in reasons.items()]
