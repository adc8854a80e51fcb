"""What coverage.py measures in a child process, brought back into the parent's measurement.

A forked child inherits a running measurement, but not a way to save it: the data file is the
parent's, the child leaves through ``os._exit``, and nobody asked the user to set ``parallel``. So
the child's collector gets a store of its own (``record``), which travels to the parent as bytes
(``collect``) and is added to the store there (``merge``). Nested children hand theirs up the same
way. Contexts are kept: each line still names the test that ran it.

Starting a second ``Coverage`` in the child would be cleaner, but is slow, and pytest-cov keeps
talking to the first one. So this file uses two private names, ``Coverage._collector`` and
``Collector.covdata``, unchanged since coverage 5.0; its tests run real ``coverage run`` and
``pytest --cov``.
"""

from __future__ import annotations

import contextlib
import hashlib
import sys
import threading
import weakref
from collections.abc import Collection, Mapping
from typing import Any

from pytest_concurrency.stress.children.messages import pack, unpack

_SPAWN_OPTIONS = (
    "run:branch",
    "run:concurrency",
    "run:context",
    "run:core",
    "run:cover_pylib",
    "run:dynamic_context",
    "run:include",
    "run:omit",
    "run:plugins",
    "run:relative_files",
    "run:source",
    "run:source_dirs",
    "run:source_pkgs",
    "run:timid",
)
_merged: weakref.WeakKeyDictionary[Any, set[bytes]] = weakref.WeakKeyDictionary()
"""Per measurement, digests of the payloads that it already contains."""


class _Store:
    """Stands in for ``CoverageData`` behind a child's collector: no database, so nothing to share
    or lock.
    """

    def __init__(self, context: str | None) -> None:
        self._lock = threading.RLock()
        self._current_context = context
        self.arcs = False
        self.measured: dict[str | None, dict[str, set[Any]]] = {}
        self.file_tracers: dict[str, str] = {}

    def set_context(self, context: str | None) -> str | None:
        with self._lock:
            previous, self._current_context = self._current_context, context
            return previous

    def add_lines(self, line_data: Mapping[str, Collection[int]]) -> None:
        self._add(line_data)

    def add_arcs(self, arc_data: Mapping[str, Collection[tuple[int, int]]]) -> None:
        self.arcs = True
        self._add(arc_data)

    def add_file_tracers(self, file_tracers: Mapping[str, str]) -> None:
        with self._lock:
            self.file_tracers.update(file_tracers)

    def _add(self, data: Mapping[str, Collection[Any]]) -> None:
        with self._lock:
            files = self.measured.setdefault(self._current_context, {})
            for path, seen in data.items():
                files.setdefault(path, set()).update(seen)

    def dump(self) -> bytes | None:
        """Equal measurements give equal bytes."""
        with self._lock:
            measured = [
                (context, {path: sorted(seen) for path, seen in sorted(files.items()) if seen})
                for context, files in sorted(self.measured.items(), key=lambda item: item[0] or "")
            ]
            if not any(files for _, files in measured):
                return None
            return pack((self.arcs, measured, sorted(self.file_tracers.items())))


def active() -> Any | None:
    """The ``Coverage`` that measures this process, if any. Asked in the parent, before it forks."""
    coverage = sys.modules.get("coverage")
    return coverage.Coverage.current() if coverage is not None else None


def record(measuring: Any) -> None:
    """In a forked child: let ``measuring`` (the parent's ``active()``) go on into a store of its
    own.
    """
    if measuring is None:
        return
    current = active()
    if current is not measuring:
        # The user's `patch = fork` has put another one in its place; pytest-cov does not know
        # that one.
        if current is not None:
            current.stop()
        measuring.start()
    collector = measuring._collector
    for lines in collector.data.values():
        lines.clear()  # collected before the fork: the parent saves it
    collector.covdata = _Store(collector.covdata._current_context)


def collect() -> bytes | None:
    """In a child, at its end: what was measured since ``record``, or ``None``."""
    measuring = active()
    if measuring is None:
        return None
    store = measuring._collector.covdata
    if not isinstance(store, _Store):
        return None
    measuring._collector.flush_data()
    return store.dump()


def merge(payload: bytes | None) -> None:
    """In the parent: add what a child has ``collect``-ed. Children often measure the same; that
    is cheap.
    """
    measuring = active()
    if payload is None or measuring is None:
        return
    digest = hashlib.blake2b(payload, digest_size=16).digest()
    known = _merged.setdefault(measuring, set())
    if digest in known:
        return
    known.add(digest)
    arcs, measured, file_tracers = unpack(payload)
    data = measuring._collector.covdata
    with data._lock:
        context = data._current_context
        try:
            for child_context, files in measured:
                data.set_context(child_context)
                (data.add_arcs if arcs else data.add_lines)(files)
            data.add_file_tracers(dict(file_tracers))
        finally:
            data.set_context(context)


def describe() -> dict[str, Any] | None:
    """What a spawned child needs to measure as this process does (plain data)."""
    measuring = active()
    if measuring is None:
        return None
    options: dict[str, Any] = {"context": measuring._collector.covdata._current_context}
    from coverage.exceptions import ConfigError

    for name in _SPAWN_OPTIONS:
        with contextlib.suppress(ConfigError):  # an option that this version does not have
            options[name] = measuring.get_option(name)
    return options


def record_spawned(described: dict[str, Any] | None) -> None:
    """In a spawned child: start to measure as ``describe`` says, unless something already does."""
    if described is None or active() is not None:
        return
    from coverage import Coverage

    measuring = Coverage(data_file=None, config_file=False, messages=False)
    for name in described.keys() - {"context"}:
        measuring.set_option(name, described[name])
    measuring.start()
    collector: Any = measuring._collector
    collector.covdata = _Store(described["context"])


def source() -> list[str]:
    """Return the packages and folders that coverage measures, if it is running."""
    measuring = active()
    found = measuring.get_option("run:source") if measuring is not None else None
    return [str(entry) for entry in found] if isinstance(found, list) else []
