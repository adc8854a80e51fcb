"""What is known and may stay, in one session: by patterns, and by the baseline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from pytest_concurrency.model import Accepted, Hazard, Settings, StressReport
from pytest_concurrency.report.json import write_whole
from pytest_concurrency.settings.baseline import Baseline, Place, clean, read, text_of
from pytest_concurrency.settings.ignored import Accepts, by_patterns, never
from pytest_concurrency.settings.options import Options

_HANDED = "concurrency_tests"
"""Where a worker of xdist tells its controller which tests there are."""


class Acceptance:
    """Says what is accepted, and, at the end, what of it was not found any more."""

    def __init__(self, config: pytest.Config, options: Options) -> None:
        self._config = config
        self._accepts_nothing = bool(options.replay)  # somebody wants to see it
        self.baseline = _baseline(config, options)
        self._gone: set[str] = set()
        self._is_whole = True

    def of(self, settings: Settings, nodeid: str) -> Accepts:
        """Return what accepts the hazards of a test."""
        if self._accepts_nothing:
            return never
        by_pattern = by_patterns(settings.ignore)
        if self.baseline is None:
            return by_pattern
        known = self.baseline.accepts(nodeid)

        def accepts(hazard: Hazard) -> Accepted | None:
            return by_pattern(hazard) or known(hazard)

        return accepts

    # -- which tests there are ------------------------------------------------------------

    def note_collected(self, everything: Sequence[str], selected: Sequence[str]) -> None:
        """Note which tests were collected, and which of them were then selected."""
        config = self._config
        is_narrow = config.getoption("lf", False) or any("::" in each for each in config.args)
        self._is_whole = not is_narrow and len(everything) == len(selected)
        there = {clean(nodeid) for nodeid in everything}
        files = set() if is_narrow else {nodeid.partition("::")[0] for nodeid in there}
        for nodeid in self._listed() - there:
            file = nodeid.partition("::")[0]
            if file in files or not (config.rootpath / file).exists():
                self._gone.add(nodeid)

    def _listed(self) -> set[str]:
        known = {} if self.baseline is None else self.baseline.known
        return {nodeid for tests in known.values() for nodeid in tests}

    def hand_over(self) -> None:
        """Tell the controller, from a worker of xdist."""
        output = getattr(self._config, "workeroutput", None)
        if output is not None:
            output[_HANDED] = [self._is_whole, sorted(self._gone)]

    def take(self, workeroutput: dict[str, Any]) -> None:
        """Take what a worker tells, in the controller."""
        is_whole, gone = workeroutput.get(_HANDED, (False, ()))
        self._is_whole = self._is_whole and is_whole
        self._gone.update(gone)

    # -- at the end -----------------------------------------------------------------------

    def unused(self, reports: Iterable[StressReport]) -> list[str]:
        """Return the patterns that no hazard of a whole run was like."""
        if not self._is_whole:
            return []
        given = dict.fromkeys(text for each in reports for text in each.ignore)
        used = {hazard.accepted.by for _, hazard in _accepted(reports) if hazard.accepted}
        return [text for text in given if text not in used]

    def vanished(self, reports: Sequence[StressReport]) -> list[Place]:
        """Return what is in the baseline, and none of its tests shows any more."""
        if self.baseline is None:
            return []
        left = self._after(self.baseline, reports)
        return [place for place in sorted(self.baseline.known) if place not in left]

    def _after(self, baseline: Baseline, reports: Sequence[StressReport]) -> dict[Place, set[str]]:
        judged = {clean(each.nodeid) for each in reports if _is_judged(each)}
        found = [
            (nodeid, hazard)
            for nodeid, hazard in _accepted(reports)
            if hazard.accepted is not None and hazard.accepted.by == baseline.name
        ]
        return baseline.with_found(found, judged | self._gone)

    def write(self, reports: Sequence[StressReport]) -> None:
        """Write the baseline anew, if that was asked for; raise OSError if that fails."""
        baseline = self.baseline
        if baseline is None or not baseline.is_updated:
            return
        write_whole(baseline.path, text_of(self._after(baseline, reports)))


def _is_judged(report: StressReport) -> bool:
    """Whether it is worth saying that something was not found; a search ends early behind what is
    new.
    """
    return report.outcome == "passed" and not report.doubt


def _accepted(reports: Iterable[StressReport]) -> Iterator[tuple[str, Hazard]]:
    for report in reports:
        for hazard in report.hazards:
            if hazard.accepted is not None:
                yield report.nodeid, hazard


def _baseline(config: pytest.Config, options: Options) -> Baseline | None:
    path = options.baseline_path
    if path is None:
        return None
    root = Path(config.rootpath)
    try:
        known = read(path)
    except FileNotFoundError:
        if not options.update_baseline:
            problem = f"there is no file {path}; --concurrency-update-baseline makes it"
            raise pytest.UsageError(f"--concurrency-baseline: {problem}") from None
        known = {}
    except OSError as error:
        problem = f"{path} cannot be read: {error.strerror}"
        raise pytest.UsageError(f"--concurrency-baseline: {problem}") from None
    except ValueError as error:
        raise pytest.UsageError(f"--concurrency-baseline: {error}") from None
    return Baseline(path, root, known, options.update_baseline)
