"""What tests are about, without being asked: the project that their folder declares, and what is
certainly not: the tools that tests are made with.
"""

from __future__ import annotations

import configparser
import tomllib
from functools import cache
from importlib import metadata
from pathlib import Path

from pytest_concurrency._origins import TEST_TOOLS


def declared_packages(root: Path) -> tuple[str, ...]:
    """Return the import packages of the distribution that ``root`` declares, if it is installed."""
    name = _name_in_toml(root / "pyproject.toml") or _name_in_cfg(root / "setup.cfg")
    try:
        return _top_level(metadata.distribution(name)) if name else ()
    except metadata.PackageNotFoundError:
        return ()


@cache
def test_tools() -> frozenset[str]:
    """Return the import packages that tests are made with: every plugin of pytest, and more."""
    plugins = (
        name
        for each in metadata.distributions()
        if any(entry.group == "pytest11" for entry in each.entry_points)
        for name in _top_level(each)
    )
    return TEST_TOOLS.union(plugins)


def _name_in_toml(path: Path) -> str:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    tables = (document.get("project"), document.get("tool", {}).get("poetry"))
    return next((str(table["name"]) for table in tables if table and "name" in table), "")


def _name_in_cfg(path: Path) -> str:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(path, encoding="utf-8")
    except (configparser.Error, ValueError):
        return ""
    return parser.get("metadata", "name", fallback="")


def _top_level(distribution: metadata.Distribution) -> tuple[str, ...]:
    """Return the names that can be imported: as noted down, or by the files with Python code."""
    noted = (distribution.read_text("top_level.txt") or "").split()
    if noted:
        return tuple(noted)
    files = [file.parts for file in distribution.files or () if file.suffix == ".py"]
    names = {parts[0].removesuffix(".py") if len(parts) == 1 else parts[0] for parts in files}
    return tuple(sorted(name for name in names if name.isidentifier()))
