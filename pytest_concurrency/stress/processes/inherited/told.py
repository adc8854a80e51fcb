"""Fork hazards, as they are told, and what is worth trying to find out whether there is one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from pytest_concurrency.detect.telling import line_of
from pytest_concurrency.kinds import FORK_HAZARD
from pytest_concurrency.model import Hazard, SiteUse
from pytest_concurrency.stress.processes.inherited.cures import Cure
from pytest_concurrency.stress.processes.inherited.evidence import Inherited, Stuck, Use
from pytest_concurrency.stress.processes.inherited.things import Thing

Severity = Literal["error", "warning"]

_CURES: dict[Thing, tuple[Cure, ...]] = {"generator": ("generator",), "file": ("buffer", "offset")}
_WORDS: dict[Cure, tuple[str, str]] = {
    "generator": (
        "{who} have inherited {what} in the same state, and draw the same numbers",
        "if each process seeds it anew, the test passes",
    ),
    "buffer": (
        "{who} have a copy each of what is in the buffer of {what}: what was to be written is "
        "written twice, or never, and what one has read ahead the others miss",
        "if it is flushed before the fork and at the end of each process, the test passes",
    ),
    "offset": (
        "{who} move one position in {what}, which was open at the fork",
        "if each process has a position of its own, the test passes",
    ),
}


def stuck_workers(workers: Sequence[Inherited], severity: Severity) -> Iterator[Hazard]:
    """Yield a hazard for each place where workers wait for ever for a thread of their parent."""
    known = set()
    for number, each in enumerate(workers, 1):
        stuck = each.stuck
        if stuck is None or not stuck.why or stuck.site is None or stuck.taken is None:
            continue
        if stuck in known:
            continue
        known.add(stuck)
        at, taken = line_of(stuck.site), line_of(stuck.taken)
        who = f"process {number} waits for ever"
        gone = "and does not exist in the new process"
        if stuck.why == "held":
            location = f"lock {stuck.name}".rstrip()
            message = (
                f"{who} for {location} ({at}): thread {stuck.thread} held it at the fork "
                f"(taken at {taken}), {gone}"
            )
        else:
            location = f"thread {stuck.thread}"
            message = (
                f"{who} at {at}: {location}, which is told by {stuck.name} (at {taken}), would "
                "have to answer, and does not exist in a forked process"
            )
            severity = "warning"
        yield Hazard(
            FORK_HAZARD,
            message,
            location,
            (SiteUse(stuck.site, number, "wait"), SiteUse(stuck.taken, 0, _OPS[stuck.why])),
            severity=severity,
        )


_OPS: dict[str, Literal["acquire", "call"]] = {"held": "acquire", "missing": "call"}


def is_told(stuck: Stuck | None) -> bool:
    """Whether that a worker hangs is told as a fork hazard."""
    return stuck is not None and bool(stuck.why) and None not in (stuck.site, stuck.taken)


def shared_connections(workers: Sequence[Inherited]) -> Iterator[Hazard]:
    """Yield a hazard for each connection to a database that a worker uses and has not opened."""
    for _, uses in _by_thing(workers, "connection", at_least=1):
        what = f"connection {uses[0][1].name}"
        numbers = sorted({number for number, _ in uses})
        yield Hazard(
            FORK_HAZARD,
            f"{_processes(numbers)} {'use' if len(numbers) > 1 else 'uses'} {what}, which was open "
            "at the fork: SQLite forbids that, since what it knows of locks and of the file is no "
            "longer true there, and the database may be damaged",
            what,
            _sites(uses),
            severity="warning",
        )


_SHARED: dict[Thing, tuple[str, str]] = {
    "stream": (
        "stream",
        "the other end cannot tell them apart, and what is meant for one may be read by the other",
    ),
    "loop": (
        "event loop",
        "what one of them waits for is registered for all, since they have one selector",
    ),
}


def shared_ends(workers: Sequence[Inherited]) -> Iterator[Hazard]:
    """Yield a note for each stream and event loop that several workers use: no more is known than
    that they do.
    """
    for thing, (noun, why) in _SHARED.items():
        for _, uses in _by_thing(workers, thing):
            what = f"{noun} {uses[0][1].name}"
            who = _processes(sorted({number for number, _ in uses}))
            yield Hazard(
                FORK_HAZARD,
                f"{who} use {what}, which was there at the fork: {why}",
                what,
                _sites(uses),
                severity="note",
            )


def cures_to_try(workers: Sequence[Inherited]) -> list[Cure]:
    """Return what may help where several workers use the same inherited thing."""
    return [
        cure
        for thing, cures in _CURES.items()
        if any(True for _ in _by_thing(workers, thing))
        for cure in cures
    ]


def cured(
    cure: Cure, workers: Sequence[Inherited], failure: str, severity: Severity
) -> Hazard | None:
    """Return the hazard of a run that fails, and passes with ``cure``."""
    thing = next(thing for thing, cures in _CURES.items() if cure in cures)
    _, uses = next(iter(_by_thing(workers, thing)), (0, []))
    if not uses:
        return None
    what = f"{thing} {uses[0][1].name}"
    damage, remedy = _WORDS[cure]
    who = _processes(sorted({number for number, _ in uses}))
    return Hazard(
        FORK_HAZARD,
        f"{damage.format(who=who, what=what)} ({failure}); {remedy}",
        what,
        _sites(uses),
        severity=severity,
    )


_Numbered = tuple[int, Use]


def _by_thing(
    workers: Sequence[Inherited], thing: Thing, *, at_least: int = 2
) -> Iterator[tuple[int, list[_Numbered]]]:
    """Yield the address and uses of each such thing that enough workers use."""
    found: dict[int, list[_Numbered]] = {}
    for number, worker in enumerate(workers, 1):
        for use in worker.uses:
            if use.thing == thing:
                found.setdefault(use.key, []).append((number, use))
    for key, uses in found.items():
        if len({number for number, _ in uses}) >= at_least:
            yield key, uses


def _sites(uses: Sequence[_Numbered]) -> tuple[SiteUse, ...]:
    return tuple(SiteUse(use.site, number, "use") for number, use in uses)


def _processes(numbers: Sequence[int]) -> str:
    if len(numbers) == 1:
        return f"process {numbers[0]}"
    *most, last = map(str, numbers)
    return f"processes {', '.join(most)} and {last}"
