"""What instrumenting real libraries has taught: the smallest program that shows each difference."""

from __future__ import annotations

import importlib.util
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pytest_concurrency.instrument.scope import Scope
from pytest_concurrency.instrument.swap import Instrumentation


@pytest.fixture
def module(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ModuleType]:
    """The program in the test's docstring, imported."""
    name = f"finding_{request.node.name}"
    path = tmp_path / f"{name}.py"
    path.write_text(textwrap.dedent(request.function.__doc__))
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    made = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
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
