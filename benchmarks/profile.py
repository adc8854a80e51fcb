"""Where the microseconds of one execution go, and what no scheduler on real threads can save.

Each stage does what the one before does and something more; the difference is what that costs. It
is CPU time: on one CPU, one of the threads always runs, so that on an idle machine it is what the
clock says, and on a busy one nobody else's time is in it.
"""

from __future__ import annotations

from _thread import allocate_lock, start_new_thread
from collections.abc import Callable
from statistics import mean
from time import monotonic, process_time

from benchmarks.programs import Counter
from benchmarks.table import Table
from pytest_concurrency.api import instrumentation_for
from pytest_concurrency.detect.observation import Observation
from pytest_concurrency.model import Schedule
from pytest_concurrency.runtime.scheduler.baton import baton
from pytest_concurrency.runtime.tasks.protocols import Strategy
from pytest_concurrency.search.execution.choices import Choices
from pytest_concurrency.search.execution.engine import MOST_POINTS, execute, exploring, run_copies
from pytest_concurrency.search.execution.learning import Learning
from pytest_concurrency.search.explorer import Explorer
from pytest_concurrency.search.orders.replay import Replay
from pytest_concurrency.search.strategies import make

_TIMES = 300
_LONGEST = 600.0
HEADER = ("step", "measured", "floor", "what the floor is")


def measure(quick: bool) -> Table:
    """Time all stages in turn, again and again, and keep the shortest time of each."""
    rounds = 5 if quick else 60
    with exploring(instrumentation_for([Counter.increment]), _LONGEST):
        explorer = _explorer()
        for _ in range(_TIMES):  # it learns where threads conflict
            explorer.next_suspect()
        random = explorer.strategy
        stages = {
            "begin": _begin_and_end,
            "one job": lambda: execute(_DEFAULT, lambda: run_copies([_nothing])),
            "two jobs": lambda: execute(_DEFAULT, lambda: run_copies([_nothing] * 2)),
            "accesses": lambda: execute(_DEFAULT, _count),
            "random": lambda: execute(random, _count),
            "searched": explorer.next_suspect,
        }
        shortest = dict.fromkeys(stages, float("inf"))
        hand_off = float("inf")
        for _ in range(rounds):
            hand_off = min(hand_off, _hand_off())
            for name, stage in stages.items():
                shortest[name] = min(shortest[name], _microseconds(stage))
        preemptions = mean(execute(random, _count).preemptions for _ in range(_TIMES))
    return _table(shortest, hand_off, preemptions, _plain())


def _table(stages: dict[str, float], hand_off: float, preemptions: float, plain: float) -> Table:
    begin, one, two, accesses, random, searched = stages.values()
    steps = [
        ("begin and end an execution", begin, 0.0, ""),
        ("a thread wakes, ends, and wakes who waits", one - begin, 2 * hand_off, "2 hand-offs"),
        ("a second one, after the first", two - one, hand_off, "1 hand-off"),
        ("make a counter, 4 accesses", accesses - two, plain, "the original code"),
        (
            "a random schedule instead of the default one",
            random - accesses,
            preemptions * hand_off,
            f"{preemptions:.1f} hand-offs: as many preemptions",
        ),
        ("judge and learn", searched - random, 0.0, ""),
    ]
    floor = sum(step[2] for step in steps)
    share = f"{floor / searched:.0%} of it; {1e6 / searched:,.0f} executions/s, at best"
    steps.append(("one execution", searched, floor, f"{share} {1e6 / floor:,.0f}"))
    rows = [(what, f"{took:.1f} µs", f"{least:.1f} µs", why) for what, took, least, why in steps]
    rows.insert(0, ("one hand-off between two pinned threads", "", f"{hand_off:.1f} µs", ""))
    return Table(HEADER, rows)


_DEFAULT = Replay(Schedule())


def _nothing() -> None:
    """Be a job that does nothing."""


def _begin_and_end() -> None:
    baton.begin(_DEFAULT, limit=MOST_POINTS)
    baton.end()


def _count() -> None:
    counter = Counter()
    run_copies([counter.increment, counter.increment])


def _explorer() -> Explorer:
    learning = Learning()
    strategy = make("random", Choices(1), learning)
    deadline = monotonic() + _LONGEST

    def workload(strategy: Strategy, limit: int, record: bool) -> Observation:
        return Observation(execute(strategy, _count, limit))

    return Explorer(
        workload, strategy, learning, limit=MOST_POINTS, token=lambda _: "", deadline=deadline
    )


def _microseconds(stage: Callable[[], object]) -> float:
    started = process_time()
    for _ in range(_TIMES):
        stage()
    return (process_time() - started) / _TIMES * 1e6


def _plain() -> float:
    """Return what the accesses take without instrumentation and without threads."""

    def both() -> None:
        counter = Counter()
        counter.increment()
        counter.increment()

    return min(_microseconds(both) for _ in range(10))


def _hand_off() -> float:
    """Let two threads wake each other in turn, each with a lock of its own."""
    here, there = allocate_lock(), allocate_lock()
    here.acquire()
    there.acquire()

    def other() -> None:
        for _ in range(_TIMES):
            there.acquire()
            here.release()

    start_new_thread(other, ())
    started = process_time()
    for _ in range(_TIMES):
        there.release()
        here.acquire()
    return (process_time() - started) / (2 * _TIMES) * 1e6
