"""Loops over containers that others change: each step is a point, and nothing else is different."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest
from watching import keys, load, touches

from pytest_concurrency import explore

LOOPS = {
    "for": "for v in it.table: pass",
    "values": "for v in it.table.values(): pass",
    "variable": "view = it.table.items()\n            for v in view: pass",
    "list comprehension": "[v for v in it.table]",
    "dict comprehension": "{k: v for k, v in it.table.items()}",
    "generator expression": "sum(v for v in it.table.values())",
    "second loop of a comprehension": "[(a, v) for a in (1, 2) for v in it.table]",
    "enumerate": "for n, v in enumerate(it.table): pass",
    "zip": "for n, v in zip(range(9), it.table.values()): pass",
    "map": "for v in map(str, it.table): pass",
    "reversed": "for v in reversed(it.table): pass",
    "yield from": "list(v for v in it.each())",
    "read-only view": "for v in types.MappingProxyType(it.table): pass",
    "set": "for v in it.members: pass",
    "deque": "for v in it.queue: pass",
}
PROGRAM = """
    import types
    from collections import deque
    class State:
        def __init__(self):
            self.table, self.members, self.queue = {{1: 1, 2: 2}}, {{1, 2}}, deque([1, 2])
        def each(self):
            yield from self.table
    def loop(it):
            {loop}
    def change(it):
        it.table[3] = 3
        it.members.add(3)
        it.queue.append(3)
"""


@pytest.mark.parametrize("loop", LOOPS.values(), ids=LOOPS)
def test_a_container_that_changes_between_two_steps(tmp_path: Path, loop: str) -> None:
    module = load(tmp_path, PROGRAM.format(loop=loop))
    (hazard,) = explore(module.State, [module.loop, module.change], schedules=100).hazards
    assert hazard.kind == "thread-exception"
    assert [use.op for use in hazard.sites] == ["read", "write"]
    assert "RuntimeError" in hazard.message
    assert "during iteration" in hazard.message


def test_the_two_lines_that_met_are_named(tmp_path: Path) -> None:
    loop = "for n, v in enumerate(it.table.values()): pass"
    module = load(tmp_path, PROGRAM.format(loop=loop))
    (hazard,) = explore(module.State, [module.loop, module.change], schedules=100).hazards
    assert hazard.location == "it.table"
    assert [use.site.source for use in hazard.sites] == [loop, "it.table[3] = 3"]
    assert [access.site.line for access in hazard.timeline if access.highlighted] == [
        use.site.line for use in hazard.sites
    ]


@pytest.mark.parametrize("loop", ["for v in list(it.table): pass", "sum(it.table.values())"])
def test_what_copies_or_goes_through_at_once(tmp_path: Path, loop: str) -> None:
    module = load(tmp_path, PROGRAM.format(loop=loop))
    found = explore(module.State, [module.loop, module.change], schedules=1000)
    assert not found.hazards
    assert found.exhausted


def test_the_same_items_in_the_same_order(tmp_path: Path) -> None:
    source = """
        import itertools
        from collections import deque
        def main():
            for numbers in ([], [1], list(range(100)), deque(range(40)), dict.fromkeys(range(50))):
                expected = list(numbers)
                got = []
                for n in numbers:
                    got.append(n)
                assert got == expected
                assert [n for n in numbers] == expected
                assert [n for _, n in enumerate(numbers)] == expected
                rest = iter(numbers)
                for n in rest:
                    if n == 35:
                        break
                assert list(rest) == expected[36:]
                for n in itertools.islice(numbers, 3):
                    pass
            grows = [1]
            for n in grows:
                if n < 100:
                    grows.append(n + 1)
            assert len(grows) == 100
    """
    touches(tmp_path, source)


def test_long_loops_have_a_limited_number_of_points(tmp_path: Path) -> None:
    source = """
        numbers = list(range(10_000))
        def work(state):
            for n in numbers:
                pass
        def grow(state):
            numbers.append(1)
    """
    module = load(tmp_path, source)
    workers = [module.work, module.grow]
    found = explore(lambda: None, workers, strategy="systematic", schedules=500)
    assert found.exhausted
    assert 16 < found.executions < 60


def test_the_log_has_one_look_for_each_loop(tmp_path: Path) -> None:
    source = """
        numbers = [1, 2, 3]
        def main():
            for n in numbers: pass  # loop
            for n, m in enumerate(numbers): pass  # enumerate
            for n in {"a": 1}.values(): pass  # values
    """
    found = touches(tmp_path, source)
    assert len(keys(found, "loop")) == 1
    assert len(set(keys(found, "enumerate"))) == 1
    assert len(set(keys(found, "values"))) == 1


def test_an_iterator_that_is_shared_is_advanced(tmp_path: Path) -> None:
    source = """
        numbers = iter([1, 2, 3])
        def main():
            for n in numbers: pass  # loop
    """
    assert len(set(keys(touches(tmp_path, source), "loop", "write"))) == 1


def test_an_exception_of_a_step_comes_from_the_loop_itself(tmp_path: Path) -> None:
    source = """
        table = {1: 1}
        trace = None
        def main():
            global trace
            try:
                for key in table:
                    table[key + 1] = 1
            except RuntimeError as error:
                trace = error.__traceback__
    """
    module = load(tmp_path, source)
    explore(lambda: None, [lambda state: module.main()], schedules=1, source=[str(tmp_path)])
    frames = traceback.extract_tb(module.trace)
    assert [(frame.name, frame.line) for frame in frames] == [("main", "for key in table:")]
