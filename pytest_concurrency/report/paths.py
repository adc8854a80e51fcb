"""Paths as people want to see them: relative to the root of their project."""

from __future__ import annotations

import os
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from pytest_concurrency.model import Site

_T = TypeVar("_T")


def relative_to(value: _T, root: Path) -> _T:
    """Return ``value`` with the path of every ``Site`` in it made relative to ``root`` where it
    lies below.
    """
    relative: _T = _relative(value, str(root) + os.sep)
    return relative


def seen_from(folder: Path, nodeid: str, root: Path) -> str:
    """Return a test's id, which is relative to ``root``, as ``pytest`` understands it in
    ``folder``.
    """
    file, separator, rest = nodeid.partition("::")
    return os.path.relpath(root / file, folder).replace(os.sep, "/") + separator + rest


def _relative(value: Any, root: str) -> Any:
    if isinstance(value, Site):
        if not value.path.startswith(root):
            return value
        return replace(value, path=value.path[len(root) :].replace(os.sep, "/"))
    if isinstance(value, tuple):
        return tuple(_relative(each, root) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        changed = {
            field.name: _relative(getattr(value, field.name), root) for field in fields(value)
        }
        return replace(value, **changed)
    return value
