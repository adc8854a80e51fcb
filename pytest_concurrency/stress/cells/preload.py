"""Modules that a test imports while it runs: known after its first run, loaded before all others.

What is imported in the middle of an execution is not instrumented, and its locks are out of sight.
Importing beforehand, in each cell's process, also keeps imports themselves (and tools that look at
them) away from threads.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable
from contextlib import suppress

from pytest_concurrency.instrument.swap import Instrumentation


def imported_since(before: Iterable[str], instrumentation: Instrumentation) -> tuple[str, ...]:
    """Return the modules to be instrumented that are new in ``sys.modules``, in the order of their
    import.
    """
    known, scope = set(before), instrumentation.scope
    files = {
        name: str(getattr(module, "__file__", None) or "<none>")
        for name, module in list(sys.modules.items())
        if name not in known
    }
    wanted = (name for name, file in files.items() if scope.wants(file) or scope.is_internal(file))
    return tuple(wanted)


def preload(modules: Iterable[str], instrumentation: Instrumentation) -> None:
    """Import ``modules`` and instrument them. One that cannot be imported now is left
    to the test.
    """
    if import_all(modules):
        instrumentation.prepare()


def import_all(modules: Iterable[str]) -> bool:
    """Import ``modules``, as far as they can be; return whether one was missing."""
    missing = [name for name in modules if name not in sys.modules]
    for name in missing:
        with suppress(Exception):
            importlib.import_module(name)
    return bool(missing)
