"""What instrumenting real libraries has taught: the smallest program that shows each difference."""

from __future__ import annotations

import gc
import sys
import textwrap
import weakref
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from loading import load_module

from pytest_concurrency.instrument.scope import Scope
from pytest_concurrency.instrument.swap import Instrumentation
from pytest_concurrency.model import Schedule
from pytest_concurrency.runtime.effects import memory
from pytest_concurrency.runtime.trace.event import part_of, resource_of
from pytest_concurrency.search.execution.engine import execute, exploring
from pytest_concurrency.search.orders.replay import Replay


@pytest.fixture
def module(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ModuleType]:
    """The program in the test's docstring, imported."""
    name = f"finding_{request.node.name}"
    path = tmp_path / f"{name}.py"
    path.write_text(textwrap.dedent(request.function.__doc__))
    made = load_module(name, path)
    yield made
    del sys.modules[name]


def prepared(module: ModuleType) -> Instrumentation:
    assert module.__file__ is not None
    instrumentation = Instrumentation(Scope([Path(module.__file__).parent]))
    instrumentation.prepare()
    assert instrumentation.unmatched == {}
    return instrumentation


def test_frames_are_known_by_their_code(module: Any) -> None:
    """
    import sys

    internal = set()

    def register(function):
        internal.add(function.__code__)
        return function

    @register
    def inner(box):
        return sys._getframe().f_code in internal, box.value

    @register
    def touches_nothing():
        return sys._getframe().f_code in internal

    def other(box):
        return sys._getframe().f_code in internal, box.value

    class Box:
        value = 1
    """
    # As jinja2 does, to leave its own frames out of tracebacks.
    before = set(module.internal)

    def seen() -> tuple[bool, ...]:
        box = module.Box()
        return module.inner(box)[0], module.touches_nothing(), module.other(box)[0]

    instrumentation = prepared(module)
    with instrumentation.swapped():
        assert "@get" in module.inner.__code__.co_names
        assert seen() == (True, True, False)
    assert module.internal == before
    assert seen() == (True, True, False)


def test_what_a_program_drops_is_not_kept(module: Any) -> None:
    """
    import weakref

    class Node:
        pass

    def work():
        alive = weakref.WeakSet()
        most = 0
        for number in range(1000):
            holder = [Node()]
            alive.add(holder[0])
            most = max(most, len(alive))
        return most, alive
    """
    # Lists cannot be referred to weakly: the scheduler holds them, but not for long.
    ends: list[Any] = []
    with exploring(prepared(module), 10):
        execution = execute(Replay(Schedule()), lambda: ends.append(module.work()))
        most, alive = ends[0]
        assert most < 200
        assert len(alive) == 0
    lists = [resource_of(event) for event in execution.log if part_of(event) == 0]
    assert len(lists) == len(set(lists)) == 1000, "no number is given twice"


def test_metaclasses_with_attributes_of_their_own(module: Any) -> None:
    """
    class Meta(type):
        ran = []

        @property
        def __dict__(cls):
            Meta.ran.append("dict")

        @property
        def __mro__(cls):
            Meta.ran.append("mro")

    class Node(metaclass=Meta):
        total = 0

        def __init__(self):
            self.value = 1

        @property
        def __dict__(self):
            Meta.ran.append("instance dict")

    def work():
        node = Node()
        Node.total += 1
        node.value += Node.total
        return node.value, node.total
    """
    ends: list[Any] = []
    with exploring(prepared(module), 10):
        execute(Replay(Schedule()), lambda: ends.append(module.work()))
    assert ends == [(2, 1)]
    assert module.Meta.ran == []


def test_classes_made_while_it_runs_go_away(module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    def work():
        class Node:
            def __init__(self):
                self.value = 1

        node = Node()
        node.items = [node.value]
        len(node.items)
        return Node
    """
    memory.forget_classes()
    monkeypatch.setattr(memory, "_MOST", 50)
    made: list[weakref.ref[type]] = []
    with exploring(prepared(module), 10):
        for _ in range(60):
            execute(Replay(Schedule()), lambda: made.append(weakref.ref(module.work())))
    gc.collect()
    assert sum(node() is not None for node in made) < 30


def test_generators_that_can_be_awaited(module: Any) -> None:
    """
    import types

    class Box:
        value = 1

    @types.coroutine
    def awaitable(box):
        sent = yield box.value
        return sent + box.value

    async def work(box):
        return await awaitable(box)
    """
    before = module.awaitable.__code__
    with prepared(module).swapped():
        assert "@get" in module.awaitable.__code__.co_names
        running = module.work(module.Box())
        assert running.send(None) == 1
        with pytest.raises(StopIteration) as stop:
            running.send(4)
        assert stop.value.value == 5
    assert module.awaitable.__code__ is before
