"""Importing a file as a module, wherever it lies."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from pytest_concurrency.instrument.immortal import FORGETS_FUNCTIONS

collector_knows_functions = pytest.mark.skipif(
    FORGETS_FUNCTIONS,
    reason="functions and classes never die here, and the collector does not know them",
)


def load_module(name: str, path: Path) -> ModuleType:
    """Execute the file at ``path`` as the module ``name``, and enter it into ``sys.modules``."""
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
