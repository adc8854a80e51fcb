"""The place of a failure: of many small programs, the lines that an expert would name.

They end with the comment R. The conflicts around them are innocent: statistics, other locks.
"""

# ruff: noqa: N805
from __future__ import annotations

import inspect
import threading
from collections.abc import Callable
from typing import Any

import pytest

from pytest_concurrency import explore


class Box:
    """Attributes, a lock, and innocent statistics."""

    def __init__(self, **attributes: Any) -> None:
        self.lock, self.calls = threading.Lock(), 0
        self.__dict__.update(attributes)

    def count(self) -> None:
        with self.lock:
            self.calls += 1


class CheckInAnotherHold:
    location, state = "Box.value", {"value": 100}

    def worker(box):
        with box.lock:
            enough = box.value >= 80  # R
        if enough:
            with box.lock:
                box.value -= 80  # R
        box.count()

    def check(box):
        assert box.value >= 0


class ResultReadAfterTheLock:
    location, state = "Box.value", {"value": 0, "got": []}

    def worker(box):
        with box.lock:
            box.value += 1
        box.got.append(box.value)  # R

    def check(box):
        assert len(set(box.got)) == 2


class PopIfAny:
    location, state = "box.items", {"items": ["only"]}

    def worker(box):
        box.count()
        if box.items:  # R
            box.count()
            box.items.pop()  # R


class LazyInit:
    location, state = "Box.made", {"made": None, "got": []}

    def worker(box):
        box.count()
        if box.made is None:  # R
            box.count()
            box.made = object()  # R
        box.got.append(box.made)

    def check(box):
        first, second = box.got
        assert first is second


class HighWaterMark:
    location, state = "Box.peak", {"peak": 0}

    def worker(box):
        size = 5
        if size > box.peak:  # R
            box.peak = size  # R
        box.count()

    def other(box):
        size = 9
        if size > box.peak:
            box.peak = size
        box.count()

    def check(box):
        assert box.peak == 9


class TornPair:
    location, state = "Box.low", {"low": 0, "high": 0}

    def worker(box):
        box.low = 1
        box.count()
        box.high = 1  # R

    def other(box):
        box.count()
        low, high = box.low, box.high  # R
        assert low == high


class PublishedTooEarly:
    location, state = "settings", {"settings": None}

    def worker(box):
        settings = {}
        box.settings = settings
        box.count()
        settings["port"] = 80  # R

    def other(box):
        settings = box.settings
        if settings is not None:
            assert settings["port"] == 80  # R


class SizeChanged:
    location, state = "box.table", {"table": {1: 1, 2: 2}}

    def worker(box):
        for _ in box.table:  # R
            box.count()

    def other(box):
        box.count()
        box.table[3] = 3  # R


class EvictedBetween:
    location, state = "box.cache", {"cache": {1: "one"}}

    def worker(box):
        box.count()
        if 1 in box.cache:  # R
            box.count()
            assert box.cache[1]  # R

    def other(box):
        box.cache.clear()
        box.count()


class NoneAfterCheck:
    location, state = "Box.conn", {"conn": "x"}

    def worker(box):
        if box.conn is not None:  # R
            box.conn.upper()  # R

    def other(box):
        box.conn = None  # R


class RemovedTwice:
    location, state = "box.items", {"items": [7]}

    def worker(box):
        with box.lock:
            there = 7 in box.items  # R
        if there:
            box.count()
            with box.lock:
                box.items.remove(7)  # R


class IndexFromLength:
    location, state = "box.rows", {"rows": [], "ids": []}

    def worker(box):
        number = len(box.rows)  # R
        box.count()
        box.rows.append(number)  # R

    def check(box):
        assert sorted(box.rows) == [0, 1]


class DoubleRegistration:
    location, state = "box.names", {"names": []}

    def worker(box):
        if "a" not in box.names:  # R
            box.names.append("a")  # R
        box.count()

    def check(box):
        assert box.names == ["a"]


class StatisticsAfterwards:
    """The last conflict is an innocent one."""

    location, state = "Box.seats", {"seats": 1, "sold": 0, "log": 0}

    def worker(box):
        if box.seats > 0:  # R
            with box.lock:
                box.seats -= 1  # R
                box.sold += 1
        box.count()
        box.log = 1

    def check(box):
        assert box.sold <= 1


class ClosedInUse:
    location, state = "Box.is_open", {"is_open": True}

    def worker(box):
        box.count()
        if box.is_open:  # R
            box.count()
            assert box.is_open, "closed in use"  # R

    def other(box):
        box.count()
        box.is_open = False  # R


class WriteSkew:
    location, state = "Box.", {"left": 1, "right": 1}

    def worker(box):
        if box.right:  # R
            box.left = 0

    def other(box):
        if box.left:
            box.right = 0

    def check(box):
        assert box.left or box.right


class ReusedBuffer:
    location, state = "box.buffer", {"buffer": []}

    def worker(box):
        box.buffer.clear()
        box.buffer.append(1)  # R
        box.count()
        assert box.buffer == [1]

    other = worker


class TwoSteps:
    location, state = "Box.total", {"total": 0, "seen": []}

    def worker(box):
        with box.lock:
            before = box.total
            box.total = before + 1
        box.count()
        with box.lock:
            assert box.total == before + 1  # R


class StopBeforeStart:
    location, state = "Box.running", {"running": False}

    def worker(box):
        box.count()
        box.running = True  # R

    def other(box):
        box.count()
        box.running = False  # R

    def check(box):
        assert not box.running


class ReadTooEarly:
    location, state = "Box.result", {"result": None}

    def worker(box):
        box.count()
        box.result = 42  # R

    def other(box):
        assert box.result == 42  # R


class KeyGone:
    location, state = "box.jobs", {"jobs": {1: "a"}}

    def worker(box):
        for key in list(box.jobs):  # R
            box.count()
            del box.jobs[key]  # R


class SwapLost:
    location, state = "box.pair", {"pair": [1, 2]}

    def worker(box):
        first = box.pair[0]  # R
        box.pair[0] = box.pair[1]  # R
        box.pair[1] = first
        box.count()

    def check(box):
        assert sorted(box.pair) == [1, 2]


class OverTheLimit:
    location, state = "box.slots", {"slots": []}

    def worker(box):
        with box.lock:
            free = len(box.slots) < 1  # R
        box.count()
        if free:
            with box.lock:
                box.slots.append(1)  # R

    def check(box):
        assert len(box.slots) == 1


class SetOnce:
    location, state = "Box.value", {"value": None}

    def worker(box):
        if box.value is not None:  # R
            return
        box.count()
        assert box.value is None, "set twice"  # R
        box.value = 1  # R


class StatisticsBefore:
    """Many innocent conflicts before the guilty one."""

    location, state = "box.items", {"items": ["only"], "hits": 0}

    def worker(box):
        for _ in range(3):
            box.count()
        if box.items:  # R
            box.items.pop()  # R


def section(box: Box, action: Callable[..., Any], *args: Any) -> Any:
    with box.lock:
        box.owner = threading.get_ident()
        try:
            return action(*args)
        finally:
            box.owner = None


class ClearedInItsOwnSection:
    """Sections are flipped as a whole, and with them what their threads read alike."""

    location, state = "Box.data", {"data": {}, "owner": None}

    def worker(box):
        assert box.owner != threading.get_ident()
        section(box, box.data.clear)
        section(box, box.data.__setitem__, 1, 100)
        assert section(box, box.data.get, 1) == 100


def nothing(box: Box) -> None:
    pass


class ThreadNotJoined:
    """It fails before the other thread has done anything."""

    location, state = "Box.value", {"value": 0}
    other = nothing

    def worker(box):
        def work():
            box.count()
            box.value = 2  # R

        threading.Thread(target=work, daemon=True).start()
        assert box.value == 2  # R


class TriedOnce:
    location, state = "Box.lock", {"done": []}

    def worker(box):
        if box.lock.acquire(blocking=False):  # R
            box.done.append(1)
            box.lock.release()  # R

    def check(box):
        assert len(box.done) == 2


class AskedWhetherLocked:
    location, state = "Box.lock", {"done": []}

    def worker(box):
        if not box.lock.locked():  # R
            with box.lock:  # R
                box.done.append(1)

    def check(box):
        assert len(box.done) == 2


PROGRAMS = [each for each in list(vars().values()) if hasattr(each, "location")]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda each: each.__name__)
def test_the_lines_that_an_expert_would_name(program: Any) -> None:
    worker: Callable[[Box], None] = program.worker
    workers = [worker, getattr(program, "other", worker)]

    def fresh() -> Box:
        copied = {name: type(v)(v) for name, v in program.state.items() if v is not None}
        return Box(**{**program.state, **copied})

    for strategy in ("auto", "random"):
        found = explore(
            fresh, workers, getattr(program, "check", None), schedules=300, strategy=strategy
        )
        hazard = found.hazards[0]
        assert program.location in hazard.location, hazard.message
        assert {use.site.line for use in hazard.sites} >= marked(program), hazard.message


def marked(program: Any) -> set[int]:
    lines, first = inspect.getsourcelines(program)
    return {number for number, line in enumerate(lines, first) if line.rstrip().endswith("# R")}


class Interchangeable:
    """No one order decides: whoever comes second fails."""

    def worker(box):
        with box.lock:
            box.value += 1
            assert box.value < 2


def test_where_no_flip_cures_less_is_said() -> None:
    found = explore(lambda: Box(value=0), [Interchangeable.worker] * 2, schedules=50)
    (hazard,) = found.hazards
    assert hazard.location == "Box.value"
    assert "it passes if" not in hazard.message


class Elsewhere:
    """What fails touches two contended locations, and neither order of one alone cures."""

    def worker(box):
        box.one += 1
        box.other += 1

    def check(box):
        raise AssertionError


def test_where_nothing_is_to_blame_no_place_is_named() -> None:
    found = explore(
        lambda: Box(one=0, other=0), [Elsewhere.worker] * 2, Elsewhere.check, schedules=1
    )
    (hazard,) = found.hazards
    assert hazard.location == ""
    assert [use.site.source for use in hazard.sites] == ["raise AssertionError"]


@pytest.mark.parametrize("threads", [2, 3, 4])
def test_what_a_moved_section_moves_along_is_not_accused(threads: int) -> None:
    def fresh() -> Box:
        return Box(data={}, owner=None)

    worker: Callable[[Box], None] = ClearedInItsOwnSection.worker
    found = explore(fresh, [worker] * threads, schedules=100)
    hazard = found.hazards[0]
    assert hazard.location == "Box.data"
    if threads == 2:
        assert "Box.owner" not in {access.location for access in hazard.timeline}
