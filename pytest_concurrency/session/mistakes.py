"""Mistakes of our own: they fail no test, are no hazard, and leave what is needed to report them.

What tests raise never comes here: it is data wherever a test is run.
"""

from __future__ import annotations

import platform
import shlex
import tempfile
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

import pytest

from pytest_concurrency._compat import gil_enabled
from pytest_concurrency.report.json import system_name
from pytest_concurrency.settings.options import Options
from pytest_concurrency.stress.children.in_child import describe_exception

T = TypeVar("T")

MOST = 20
"""That one file tells of."""
_DISTRIBUTIONS = ("pytest-concurrency-stress", "pytest", "pluggy", "coverage")
_TOLD = (
    "internal error of pytest-concurrency, which is no fault of your tests; what is needed to "
    "report it is in {}"
)


class Mistakes:
    """Those of one session (with pytest-xdist, of one worker), in one file."""

    def __init__(self, config: pytest.Config, options: Options) -> None:
        self._config = config
        self._options = options
        self._path: Path | None = None
        self._count = 0
        self.problems: list[str] = []
        """A line for people for those that belong to no test."""

    def note(self, tracebacks: Sequence[str], nodeid: str = "", seed: str = "") -> tuple[str, ...]:
        """Write tracebacks to the file; return the line that names it, if there are any."""
        if not tracebacks:
            return ()
        try:
            if self._path is None:
                self._path = self._new_file()
            with self._path.open("a", encoding="utf-8", errors="backslashreplace") as file:
                for text in tracebacks[: max(MOST - self._count, 0)]:
                    file.write(f"\ntest: {nodeid or 'none'}\nseed: {seed or nodeid}\n{text}\n")
        except OSError as error:
            headline = tracebacks[0].rstrip().rpartition("\n")[2]
            return (f"internal error of pytest-concurrency: {headline} (not saved: {error})",)
        self._count += len(tracebacks)
        return (_TOLD.format(self._path),)

    def attempt(self, function: Callable[[], T], nodeid: str = "") -> T | None:
        """Call ``function``; None if it fails, which is noted."""
        try:
            return function()
        except Exception as error:
            self.problems += self.note([describe_exception(error)], nodeid)
            return None

    def _new_file(self) -> Path:
        """Begin the file: in pytest's cache, or where temporary files go if there is none."""
        worker = getattr(self._config, "workerinput", {}).get("workerid", "")
        try:
            folder = self._config.cache.mkdir("concurrency")
            path = folder / f"internal-errors{f'-{worker}' if worker else ''}.txt"
            path.write_text(self._head(), encoding="utf-8", errors="backslashreplace")
        except (AttributeError, OSError):  # -p no:cacheprovider, or a folder that is read-only
            with tempfile.NamedTemporaryFile(
                "w", encoding="utf-8", prefix="pytest-concurrency-", suffix=".txt", delete=False
            ) as file:
                file.write(self._head())
            path = Path(file.name)
        return path

    def _head(self) -> str:
        versions = ", ".join(f"{name} {version(name)}" for name in _DISTRIBUTIONS)
        others = self._config.pluginmanager.list_plugin_distinfo()
        plugins = sorted({f"{each.project_name} {each.version}" for _, each in others})
        python = f"{platform.python_implementation()} {platform.python_version()}"
        arguments = shlex.join(map(str, self._config.invocation_params.args))
        return (
            f"{versions}\n{python}, GIL {'on' if gil_enabled() else 'off'}, {system_name()}\n"
            f"plugins: {', '.join(plugins)}\narguments: {arguments}\n"
            f"settings: {self._options.base}\n"
        )
