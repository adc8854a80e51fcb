"""Runs a small program instrumented, as a single task, and says which locations it touched."""

from __future__ import annotations

import itertools
import textwrap
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from loading import load_module

from pytest_concurrency.instrument.scope import Scope
from pytest_concurrency.instrument.swap import Instrumentation
from pytest_concurrency.model import Schedule
from pytest_concurrency.runtime.scheduler.baton import baton
from pytest_concurrency.runtime.trace.event import location, operation, site_number
from pytest_concurrency.runtime.trace.resource import FILE
from pytest_concurrency.runtime.trace.sites import SITES
from pytest_concurrency.search.execution.engine import execute, exploring
from pytest_concurrency.search.orders.replay import Replay

_numbers = itertools.count()


class Touch(NamedTuple):
    line: str
    """The line's comment, which names it; else the line."""
    op: str
    key: tuple[Any, ...]


def load(folder: Path, source: str, name: str = "") -> ModuleType:
    name = name or f"watched_{next(_numbers)}"
    path = folder / f"{name}.py"
    path.write_text(textwrap.dedent(source))
    return load_module(name, path)


def touches(folder: Path, source: str) -> list[Touch]:
    """Run ``main()`` of a module with this source; return what it touched, in order."""
    module = load(folder, source)
    instrumentation = Instrumentation(Scope([folder]))
    instrumentation.prepare()
    with exploring(instrumentation, 60):
        execution = execute(Replay(Schedule()), module.main)
        paths = {number: path for path, number in baton.record.files.items()}
    assert execution.outcome == ""
    lines = (folder / f"{module.__name__}.py").read_text().splitlines()
    found = []
    for event in execution.log:
        site = SITES[site_number(event)]
        text = lines[site.line - 1].strip() if site.path == module.__file__ else "elsewhere"
        name = text.rpartition("# ")[2] if "# " in text else text
        key: tuple[Any, ...] = location(event)
        if key[0] == FILE:
            key = (*key, paths[key[1]])
        found.append(Touch(name, operation(event), key))
    return found


def keys(found: list[Touch], line: str, op: str = "") -> list[tuple[Any, ...]]:
    """Return the keys of the locations touched in lines so named."""
    return [touch.key for touch in found if touch.line == line and op in ("", touch.op)]
