"""Lost updates are found, and named, however the location is reached; with a lock there is none."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from watching import load

from pytest_concurrency import explore
from pytest_concurrency.api import Found

PROGRAM = """
    import functools, mmap, multiprocessing, operator, threading
    from operator import attrgetter, setitem
    debug = total = 0
    class Counter:
        def __init__(self):
            self.value, self.items, self.table = 0, [], {{"n": 0}}
            self.data = bytearray(1)
            self.view = memoryview(self.data)
            self.map = memoryview(mmap.mmap(-1, 4))
            self.shared, self.array = multiprocessing.Value("i"), multiprocessing.Array("i", 2)
            self.lock = threading.Lock()
        def own(self):
            super().__setattr__("value", self.value + 1)
    class Slots:
        __slots__ = ("value",)
    def setup():
        global total
        total = 0
        return Counter()
    def work(it):
        {guard}
            {body}
"""
RACES = {
    "setattr": ('setattr(it, "value", it.value + 1)', "Counter.value"),
    "getattr": ('it.value = getattr(it, "value") + 1', "Counter.value"),
    "getattr and setattr": ("setattr(it, 'value', getattr(it, 'value', 0) + 1)", "Counter.value"),
    "vars": ('vars(it)["value"] += 1', "Counter.value"),
    "vars and attribute": ('it.value = vars(it)["value"] + 1', "Counter.value"),
    "__dict__": ('it.__dict__["value"] = it.value + 1', "Counter.value"),
    "super().__setattr__": ("it.own()", "Counter.value"),
    "attrgetter": ('get = attrgetter("value"); it.value = get(it) + 1', "Counter.value"),
    "globals()": ('globals()["total"] += 1', "MODULE.total"),
    "globals() and name": ('globals()["total"] = total + 1', "MODULE.total"),
    "operator.setitem": ('operator.setitem(it.table, "n", it.table["n"] + 1)', "it.table['n']"),
    "bound method": ('get = it.table.get; it.table["n"] = get("n") + 1', "Counter.table['n']"),
    "memoryview": ("it.view[0] = it.view[0] + 1", "it.view[0]"),
    "map in memory": ("it.map[0] += 1", "it.map[0]"),
    "value of processes": ("it.shared.value += 1", "it.shared.value"),
    "array of processes": ("it.array[:] = [n + 1 for n in it.array[:]]", "it.array"),
    "bytearray": ("it.data[0] += 1", "it.data[0]"),
    "truth value": ("first = not it.items; it.items[:] = [first]", "it.items"),
    "copy": ("it.items[:] = [*it.items, 1]", "it.items"),
    "tuple": ("it.items += (1,)", None),
    "in place": ("it.items += [1]", None),
    "extend": ("it.items.extend([1])", None),
    "set once": ('setattr(it, "value", 5) if not getattr(it, "value") else None', None),
    "reading": ("vars(it)['value'], getattr(it, 'items'), it.items == [], bool(it.table)", None),
    "cached": ("it.table.get('k') or it.table.setdefault('k', 1)", None),
}


def explored(folder: Path, body: str, guard: str) -> tuple[str, Found]:
    module = load(folder, textwrap.dedent(PROGRAM).format(guard=guard, body=body))
    return module.__name__, explore(
        module.setup, [module.work, module.work], schedules=60, seconds=20, stop_at_first=True
    )


@pytest.mark.parametrize(("body", "location"), RACES.values(), ids=RACES)
def test_lost_update(tmp_path: Path, body: str, location: str | None) -> None:
    name, found = explored(tmp_path, body, "if True:")
    expected = [] if location is None else [("lost-update", location.replace("MODULE", name))]
    assert [(hazard.kind, hazard.location) for hazard in found.hazards] == expected


@pytest.mark.parametrize("body", [body for body, location in RACES.values() if location])
def test_clean_with_a_lock(tmp_path: Path, body: str) -> None:
    assert explored(tmp_path, body, "with it.lock:")[1].hazards == ()


FAILING = {
    "truth value": ("if it.items: it.items.pop()", "it.items"),
    "while": ("while it.items: it.items.pop()", "it.items"),
    "hasattr": ("if hasattr(it, 'value'): del it.value", "Counter.value"),
    "generator": ("next(it.generator)", None),
}


@pytest.mark.parametrize(("body", "location"), FAILING.values(), ids=FAILING)
def test_check_then_act(tmp_path: Path, body: str, location: str | None) -> None:
    source = f"""
        class Counter:
            def __init__(self):
                self.value, self.items = 0, [1]
                self.generator = self.numbers()
            def numbers(self):
                while True:
                    self.value += 1
                    yield self.value
        def work(it):
            {body}
    """
    module = load(tmp_path, source)
    found = explore(module.Counter, [module.work, module.work], schedules=100, seconds=20)
    assert found.hazards
    if location is not None:
        assert {hazard.location for hazard in found.hazards} == {location}
    else:
        assert any("generator already executing" in hazard.message for hazard in found.hazards)
