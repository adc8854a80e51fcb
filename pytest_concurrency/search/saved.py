"""Schedules that failed, kept between runs: they are tried first the next time, as Hypothesis does
with its example database.

One file per test, in a folder of pytest's cache. A file that cannot be read is set aside under
another name, so that nothing that somebody may want to look at is lost.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from pytest_concurrency.model import Cell, CellResult, Schedule
from pytest_concurrency.search.token import decode

_VERSION = 1
MOST = 8
"""Schedules kept for one test."""


class Failing(NamedTuple):
    """A schedule that failed, with the number of threads or processes of its cell."""

    threads: int
    schedule: Schedule
    in_processes: bool = False

    def is_of(self, cell: Cell) -> bool:
        """Whether it is one of this cell."""
        count = cell.processes if cell.in_processes else cell.threads
        return (self.threads, self.in_processes) == (count, cell.in_processes)


class SavedFailures:
    """The failing schedules of a project's tests."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        """None: nothing is kept."""

    def load(self, nodeid: str) -> tuple[list[Failing], str]:
        """Return what is known of a test, and a line for people if the file had to be set aside."""
        path = self._path(nodeid)
        if path is None:
            return [], ""
        try:
            return _read(json.loads(path.read_text(encoding="utf-8"))), ""
        except FileNotFoundError:
            return [], ""
        except OSError as error:
            return [], f"saved failures in {path.parent} cannot be read: {error.strerror}"
        except (ValueError, TypeError, KeyError, RecursionError):
            return [], _set_aside(path)

    def store(self, nodeid: str, failing: Iterable[Failing]) -> str:
        """Keep these, and no others, for a test; return a line for people if that fails."""
        path = self._path(nodeid)
        if path is None:
            return ""
        kept = list(dict.fromkeys(failing))[:MOST]
        try:
            if not kept:
                path.unlink(missing_ok=True)
                return ""
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = path.with_suffix(".new")
            temporary.write_text(json.dumps(_document(nodeid, kept)) + "\n", encoding="utf-8")
            temporary.replace(path)
        except OSError as error:
            return f"failing schedules are not saved in {path.parent}: {error.strerror}"
        return ""

    def _path(self, nodeid: str) -> Path | None:
        if self._folder is None:
            return None
        digest = blake2b(nodeid.encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()
        return self._folder / f"{digest}.json"


def _document(nodeid: str, failing: Iterable[Failing]) -> dict[str, object]:
    return {
        "version": _VERSION,
        "nodeid": nodeid.encode("utf-8", "replace").decode(),
        "failing": [
            {
                "processes" if each.in_processes else "threads": each.threads,
                "switches": [list(s) for s in each.schedule.switches],
            }
            for each in failing
        ],
    }


def _read(document: dict[str, object]) -> list[Failing]:
    """Read a document; raise ValueError, TypeError or KeyError if it is none of ours."""
    if document["version"] != _VERSION:
        return []  # of another version of the plugin: it will be written anew
    entries = document["failing"]
    if not isinstance(entries, list):
        raise TypeError("failing")
    return [_failing(entry) for entry in entries]


def _failing(entry: dict[str, Any]) -> Failing:
    in_processes = "processes" in entry
    count = _number(entry["processes" if in_processes else "threads"])
    return Failing(count, _schedule(entry["switches"]), in_processes)


def _schedule(switches: Iterable[Iterable[object]]) -> Schedule:
    triples = []
    for switch in switches:
        thread, step, to = map(_number, switch)
        triples.append((thread, step, to))
    return Schedule(tuple(triples))


def _number(value: object) -> int:
    if isinstance(value, int) and 0 <= value < 1 << 40:
        return value
    raise ValueError(value)


def _set_aside(path: Path) -> str:
    aside = path.with_suffix(".corrupt")
    try:
        path.replace(aside)
    except OSError as error:
        return f"a file of saved failures is corrupt: {path} ({error})"
    return f"a file of saved failures was corrupt, and is now {aside}"


def still_failing(results: Sequence[CellResult], before: Sequence[Failing]) -> Iterator[Failing]:
    """Yield what failed now, and what could not be tried."""
    tried = []
    for result in results:
        if result.cell.is_explored and result.outcome in ("clean", "hazard"):
            tried.append(result.cell)
            for hazard in result.hazards:
                if hazard.replay and hazard.is_error:
                    token = decode(hazard.replay)
                    yield Failing(token.threads, token.schedule, token.in_processes)
    yield from (each for each in before if not any(map(each.is_of, tried)))
