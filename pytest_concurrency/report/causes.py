"""Causes, not occurrences: what was found, grouped over the cells and the tests that show it.

A cause has a kind, a location and the lines that make it up; which key of a container it was is a
matter of the test's data. A failure is told with what it comes from: what is at the same location
and lines, what was seen to fail in the same line, or, where nobody watched, the bug of the same
test that was executed. That another test fails in the same line says so only if that line is one of
those that make the cause up: many things end where a file is parsed.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Sequence, Set
from dataclasses import dataclass
from typing import NamedTuple

from pytest_concurrency.kinds import KINDS
from pytest_concurrency.model import CellResult, Hazard, StressReport, badness

_KEY = re.compile(r"""\[(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\[\]'"])*\]""")
"""The key of an item in the name of a location; brackets in texts belong to these."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A hazard, in the cell and the test that showed it."""

    report: StressReport
    result: CellResult
    hazard: Hazard

    @property
    def evidence(self) -> tuple[int, ...]:
        """Order sightings: best is what is an error, can be replayed, says where, is of a bad kind,
        and has few threads and steps, in this order.
        """
        hazard = self.hazard
        severity, kind = badness(hazard)
        steps = len(hazard.timeline)
        size = (hazard.threads, hazard.preemptions, steps)
        return (severity, not hazard.replay, not hazard.sites, not steps, kind, *size)

    @property
    def says_nothing_new(self) -> bool:
        """Whether it is how a bug shows itself when nobody controls the threads."""
        return not self.hazard.replay and KINDS[self.hazard.kind].is_symptom

    @property
    def is_explained_last(self) -> int:
        """Order sightings: what explains before what it explains."""
        if not KINDS[self.hazard.kind].is_symptom:
            return 0
        return 1 if self.hazard.location else 2


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing that is wrong (or noted, or accepted), and all that shows it."""

    number: int
    """From 1, in the order of the tests; 0 for what is no error."""
    sightings: tuple[Sighting, ...]
    """The best evidence first."""
    tests: tuple[StressReport, ...]
    """Those that show it, each once, in their order."""

    @property
    def best(self) -> Sighting:
        """The best evidence."""
        return self.sightings[0]

    @property
    def hazard(self) -> Hazard:
        """The hazard of the best evidence."""
        return self.best.hazard

    @property
    def has_other_keys(self) -> bool:
        """Whether it was also seen at other keys than that of the best evidence."""
        alike = (each.hazard for each in self.sightings if each.hazard.kind == self.hazard.kind)
        return any(each.location and each.place != self.hazard.place for each in alike)

    @property
    def is_gated(self) -> bool:
        """Whether it fails the run."""
        return any(report.gated for report in self.tests)


class Causes:
    """The causes of a session, as far as it has come."""

    def __init__(self) -> None:
        self._reports: dict[str, StressReport] = {}
        self._told_in: dict[str, None] = {}
        self._found: list[Cause] | None = None

    @property
    def reports(self) -> list[StressReport]:
        """One a test, in the order in which they finished."""
        return list(self._reports.values())

    def add(self, report: StressReport, *, has_section: bool = False) -> None:
        """Take the report of a test, and whether hazards are shown as its failure; an earlier one
        of the same test counts no longer.
        """
        self._reports[report.nodeid] = report
        self._found = None
        if has_section:
            self._told_in[report.nodeid] = None

    @property
    def found(self) -> list[Cause]:
        """All of them: first errors, by number."""
        if self._found is None:
            self._found = causes_of(self.reports)
        return self._found

    def of(self, nodeid: str) -> list[Cause]:
        """Those that a test shows."""
        return [
            cause for cause in self.found if any(report.nodeid == nodeid for report in cause.tests)
        ]

    def told_in(self, cause: Cause) -> str:
        """Return the test in whose failure a cause is told in full; empty if there is none."""
        showing = {report.nodeid for report in cause.tests}
        return next((nodeid for nodeid in self._told_in if nodeid in showing), "")


def causes_of(reports: Iterable[StressReport]) -> list[Cause]:
    """Group what was found: errors in the order of the tests, then warnings, notes, and what is
    accepted.
    """
    order: dict[int, int] = {}
    found: list[Sighting] = []
    for index, report in enumerate(reports):
        order[id(report)] = index
        found += (Sighting(report, cell, each) for cell in report.cells for each in cell.hazards)
    found.sort(key=lambda each: (order[id(each.report)], each.evidence))
    ranked = sorted(_grouped(found), key=lambda group: badness(group[0].hazard)[0])
    return [
        Cause(
            number if group[0].hazard.is_error else 0,
            tuple(sorted(group, key=lambda each: each.evidence)),
            tuple({id(each.report): each.report for each in group}.values()),
        )
        for number, group in enumerate(ranked, start=1)
    ]


def _grouped(found: Sequence[Sighting]) -> list[list[Sighting]]:
    """Put together what has one cause, in the order given: what explains is looked at before what
    it explains.
    """
    keys = _Keys()
    by_key: dict[Hashable, list[int]] = {}
    for index in sorted(range(len(found)), key=lambda index: found[index].is_explained_last):
        by_key.setdefault(keys.of(found[index]), []).append(index)
    groups = sorted(sorted(indices) for indices in by_key.values())
    return [[found[index] for index in indices] for indices in groups]


class _Keys:
    """What causes are known by; those of different severities, and what is accepted for another
    reason, are kept apart.
    """

    def __init__(self) -> None:
        self._at: dict[Hashable, Hashable] = {}
        """By location and lines."""
        self._raised: dict[Hashable, list[_Raised]] = {}
        """By the line that raised."""
        self._executed: dict[Hashable, Hashable] = {}
        """By test: the best that was found and can be replayed."""

    def of(self, sighting: Sighting) -> Hashable:
        """Return the same for what has the same cause."""
        hazard = sighting.hazard
        status = (hazard.severity, hazard.accepted)
        lines = _lines_of(sighting)
        place = (status, _KEY.sub("[*]", hazard.place), lines)
        raised, test = (status, hazard.symptom), (status, sighting.report.nodeid)
        key: Hashable = (hazard.kind, *(place if hazard.place or lines else test))
        if KINDS[hazard.kind].is_symptom:
            key = self._explanation(sighting, place, raised, test) or key
        self._at.setdefault(place, key)
        if hazard.symptom is not None:
            function = _function_of(sighting)
            self._raised.setdefault(raised, []).append(_Raised(function, lines, key))
        if hazard.replay:
            self._executed.setdefault(test, key)
        return key

    def _explanation(
        self, sighting: Sighting, place: Hashable, raised: Hashable, test: Hashable
    ) -> Hashable:
        """Return the cause of a failure, if it is known: what is where it comes from; if nobody has
        watched, what fails in the same way, or else what the test was executed with.
        """
        if sighting.hazard.location and (place in self._at or not sighting.says_nothing_new):
            return self._at.get(place)
        if sighting.hazard.symptom is not None:
            lines, function = _lines_of(sighting), _function_of(sighting)
            for each in self._raised.get(raised, ()):
                if each.function == function or (lines and lines <= each.lines):
                    return each.key
        return self._executed.get(test) if sighting.says_nothing_new else None


class _Raised(NamedTuple):
    """What was seen to fail in some line."""

    function: str
    """The test, whatever its parameters."""
    lines: Set[tuple[str, int]]
    """Those that make up the cause."""
    key: Hashable


def _lines_of(sighting: Sighting) -> frozenset[tuple[str, int]]:
    return frozenset((site.path, site.line) for site in sighting.hazard.core)


def _function_of(sighting: Sighting) -> str:
    return sighting.report.nodeid.partition("[")[0]
