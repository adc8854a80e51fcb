"""The baseline: hazards that are known, in a text file that is reviewed as code is.

An entry is what stays the same when lines move: the kind, the location, and function and text of
the lines; below it are the tests that have shown it. One without a place is known of these tests
only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from ..kinds import KINDS
from ..model import Accepted, Hazard, Site
from .ignored import Accepts
from .rules import shown

_HEAD: Final = """\
# Concurrency hazards that are known: they do not fail a run, others do.
# "pytest --concurrency-stress --concurrency-update-baseline" writes this file anew.
"""
_VERSION: Final = "baseline 1"
_EXPECTED: Final = 'a kind of hazard and its location, "  at FILE, FUNCTION: LINE" or "  in TEST"'
_HEADLINE = re.compile(r"[a-z]+(-[a-z]+)*( \S.*)?")
_AT, _IN = "  at ", "  in "
_LIBRARY = re.compile(r".*/site-packages/")


class Place(NamedTuple):
    """What is known."""

    headline: str
    """Kind and location."""
    lines: tuple[str, ...]
    """Function and text of each line that is part of it."""

    @property
    def location(self) -> str:
        """Where it is; empty if that is not known."""
        return self.headline.partition(" ")[2]

    @property
    def is_somewhere(self) -> bool:
        """Whether it says more than the kind."""
        return bool(self.lines or self.location)


Known = Mapping[Place, Set[str]]
"""The tests that have shown it."""


@dataclass(frozen=True)
class Baseline:
    """What the file says; where it is written, everything that is found is known."""

    path: Path
    root: Path
    """Of the project: paths below it do not depend on where it is."""
    known: Known = field(default_factory=dict)
    is_updated: bool = False

    def accepts(self, nodeid: str) -> Accepts:
        """Return what accepts the known hazards of a test."""
        return partial(self._accepted, nodeid)

    @property
    def name(self) -> str:
        """The file, as people know it."""
        below = self.path.is_relative_to(self.root)
        return (self.path.relative_to(self.root) if below else self.path).as_posix()

    def entries_of(self, hazard: Hazard, nodeid: str) -> list[Place]:
        """Return the entries that a hazard is known by: that of its place, and for a failure, those
        that together know the location and each line that it comes from.
        """
        place = self._place_of(hazard)
        if place in self.known:
            is_known = place.is_somewhere or clean(nodeid) in self.known[place]
            return [place] if is_known else []
        if not KINDS[hazard.kind].is_symptom or not hazard.location:
            return []
        lines = {*place.lines}
        there = [
            each
            for each in self.known
            if each.location == place.location and not lines.isdisjoint(each.lines)
        ]
        return there if lines <= {line for each in there for line in each.lines} else []

    def _accepted(self, nodeid: str, hazard: Hazard) -> Accepted | None:
        if hazard.severity != "error":
            return None
        if self.is_updated or self.entries_of(hazard, nodeid):
            return Accepted(self.name, "known by the baseline")
        return None

    def _place_of(self, hazard: Hazard) -> Place:
        lines = {_line(site, self.root) for site in hazard.core}
        headline = clean(f"{hazard.kind} {hazard.place}".rstrip())
        return Place(headline, tuple(sorted(lines)))

    def with_found(
        self, found: Iterable[tuple[str, Hazard]], gone: Set[str]
    ) -> dict[Place, set[str]]:
        """Return what is known after a run: by whom it was found now, and what those tests have
        shown before that are not ``gone``: judged now, or there no more.
        """
        known = {place: {*tests} - gone for place, tests in self.known.items()}
        pairs = sorted(found, key=lambda pair: KINDS[pair[1].kind].is_symptom)
        for nodeid, hazard in pairs:
            places = Baseline(self.path, self.root, known).entries_of(hazard, nodeid)
            if not places and not _is_borrowed(hazard):
                places = [self._place_of(hazard)]
            for place in places:
                known.setdefault(place, set()).add(clean(nodeid))
        return {place: tests for place, tests in known.items() if tests}


def _is_borrowed(hazard: Hazard) -> bool:
    """Whether its location is that of other findings, which are entries themselves
    (``stress/borrowing.py``).
    """
    return KINDS[hazard.kind].is_symptom and bool(hazard.location) and not hazard.replay


def read(path: Path) -> Known:
    """Read a baseline; raise ValueError with one line for people, or OSError."""
    try:
        rows = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        raise ValueError(f"{path} is no text in UTF-8") from None
    numbered = [
        (number, row.rstrip())
        for number, row in enumerate(rows, start=1)
        if row.strip() and not row.startswith("#")
    ]
    if not numbered or numbered[0][1] != _VERSION:
        number, given = numbered[0] if numbered else (1, "")
        raise ValueError(f"{path}:{number}: got {shown(given)}, expected {shown(_VERSION)}")
    known: dict[Place, set[str]] = {}
    for headline, lines, tests in _entries(path, numbered[1:]):
        known.setdefault(Place(headline, tuple(sorted(set(lines)))), set()).update(tests)
    return known


def _entries(
    path: Path, rows: Iterable[tuple[int, str]]
) -> Iterator[tuple[str, list[str], list[str]]]:
    entry: tuple[str, list[str], list[str]] | None = None
    for number, row in rows:
        if entry is not None and row.startswith(_AT):
            entry[1].append(row[len(_AT) :])
        elif entry is not None and row.startswith(_IN):
            entry[2].append(row[len(_IN) :])
        elif _HEADLINE.fullmatch(row):
            if entry is not None:
                yield entry
            entry = (row, [], [])
        else:
            raise ValueError(f"{path}:{number}: got {shown(row)}, expected {_EXPECTED}")
    if entry is not None:
        yield entry


def text_of(known: Known) -> str:
    """Return the text of the file: sorted, so that only what has changed is in a diff."""
    parts = [f"{_HEAD}{_VERSION}\n"]
    for place, tests in sorted(known.items()):
        rows = [
            place.headline,
            *(_AT + each for each in place.lines),
            *(_IN + each for each in sorted(tests)),
        ]
        parts.append("".join(f"{row}\n" for row in rows))
    return "\n".join(parts)


def clean(text: str) -> str:
    """Return text that stays in one line of the file, and can be encoded."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text).rstrip()


def _line(site: Site, root: Path) -> str:
    path = site.path.removeprefix(f"{root}/").replace("\\", "/")
    path = _LIBRARY.sub("", path)  # wherever it is installed
    return clean(f"{path}, {site.function}: {' '.join(site.source.split())}")
