"""Which files are instrumented: the project's own, and the packages that the user names."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterable
from functools import cache, partial
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

from pytest_concurrency._origins import INSTALLED_FOLDERS, LIBRARY_FOLDERS, LIBRARY_HOME, OWN
from pytest_concurrency.instrument.rewriting.internal import MODULES

_OWN = Path(OWN).resolve()
_NOT_OURS = INSTALLED_FOLDERS | {"node_modules", "__pypackages__", "venv", "env"}
"""Folders below a project's root that hold other people's code (as do all that start with a
dot)."""
_LIBRARY = frozenset(Path(folder).resolve() for folder in LIBRARY_FOLDERS)


class Scope:
    """Decides by file name; answers are remembered, as they are asked for every live function."""

    def __init__(
        self, roots: Iterable[Path], packages: Iterable[str] = (), *, with_main: bool = False
    ) -> None:
        """``packages`` are names of packages and modules, or folders; ``-NAME`` is left out."""
        self.with_main = with_main
        """Whether everything in ``__main__`` is in, wherever its code comes from."""
        self._roots = [root.resolve() for root in roots]
        self.packages = tuple(packages)
        wanted = [name for name in self.packages if not name.startswith("-")]
        unwanted = [name[1:] for name in self.packages if name.startswith("-")]
        self._places = [place for name in wanted for place in places_of(name)]
        self._left_out = [place for name in unwanted for place in places_of(name)]
        self._internal = {_file_of(name) for name in MODULES}
        self._wants_folder = cache(self._wants_all_in)
        self.wants = cache(self._wants)
        self.is_internal = cache(self._is_internal)

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(Scope, with_main=self.with_main), (self._roots, self.packages)

    def with_packages(self, packages: Iterable[str]) -> Scope:
        """Return a scope that has these packages, too, unless they are left out by name."""
        return Scope(self._roots, (*packages, *self.packages), with_main=self.with_main)

    def _is_internal(self, filename: str) -> bool:
        return filename in self._internal

    def _wants(self, filename: str) -> bool:
        if filename.startswith("<"):
            return False
        parent, _, name = filename.rpartition(os.sep)
        # A thousand files are asked for: paths are made only where they have to be.
        folder = _resolved(parent) if _is_absolute(parent) else Path(parent).resolve()
        if self._left_out and folder / name in self._left_out:
            return False
        if self._wants_folder(folder):
            return True
        return bool(self._places) and folder / name in self._places

    def _wants_all_in(self, folder: Path) -> bool:
        left_out = (_OWN, *self._left_out)
        if any(folder.is_relative_to(place) for place in left_out):
            return False
        if any(folder.is_relative_to(place) for place in self._places):
            return True
        return any(folder.is_relative_to(root) and _is_ours(folder, root) for root in self._roots)


@cache
def _is_absolute(folder: str) -> bool:
    return Path(folder).is_absolute()


@cache
def _resolved(folder: str) -> Path:
    """Resolve links; remembered, as this is asked for every file that the process has loaded."""
    return Path(folder).resolve()


def _is_ours(folder: Path, root: Path) -> bool:
    parts = folder.relative_to(root).parts
    if any(part.startswith(".") or part in _NOT_OURS for part in parts):
        return False
    # Somebody's root may be that of all files.
    return not any(folder.is_relative_to(each) for each in _LIBRARY if each.is_relative_to(root))


def _file_of(module: str) -> str:
    """Return where a module of the standard library lies, imported or not."""
    return str(Path(LIBRARY_HOME).joinpath(*module.split("."))) + ".py"


def places_of(name: str) -> list[Path]:
    """Return the folders or the file of a package, module or folder name; nothing if there is
    none. Nothing is imported.
    """
    top, *inner = name.split(".")
    try:
        if Path(name).is_dir():
            return [Path(name).resolve()]
        spec = importlib.util.find_spec(top)
        for part in inner:
            if spec is None or spec.submodule_search_locations is None:
                return []
            full = f"{spec.name}.{part}"
            spec = PathFinder.find_spec(full, spec.submodule_search_locations)
    except (ImportError, OSError, ValueError):  # OSError: too long a name
        return []
    if spec is None:
        return []
    if spec.submodule_search_locations:
        return [Path(place).resolve() for place in spec.submodule_search_locations]
    return [Path(spec.origin).resolve()] if spec.origin else []
