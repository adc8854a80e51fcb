"""What several reports add up to: each test once, with all that was done and found anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pytest_concurrency.merging.cells import merged_cell
from pytest_concurrency.model import Cell, CellResult, NotRun, StressReport, numbered
from pytest_concurrency.report.json import Session
from pytest_concurrency.report.reading import Read
from pytest_concurrency.stress.verdict import isolation_verdict


def merged_session(documents: Sequence[Read]) -> Session:
    """Return what all were run with; raises ``ValueError`` where that differs."""
    first = documents[0]
    for other in documents[1:]:
        for name, what in _SAME.items():
            given, expected = (getattr(each.session, name) for each in (other, first))
            if given != expected:
                raise ValueError(f"{other.name}: {what} {given!r}, {first.name} has {expected!r}")
    shards = sorted({shard for each in documents for shard in each.session.shards})
    platforms = dict.fromkeys(each.session.platform for each in documents)
    return replace(first.session, shards=tuple(shards), platform=", ".join(platforms))


_SAME = {
    "version": "version of the plugin",
    "python": "Python",
    "gil": "GIL",
    "of": "number of shards",
    "seed": "seed",
}
"""What has to be the same in all of them, and how it is called."""


def merged_reports(documents: Sequence[Read]) -> list[StressReport]:
    """Merge the reports of each test; raises ``ValueError`` where two are of the same share, or
    one is no share: what they did may be the same.
    """
    by_test: dict[str, list[tuple[Read, StressReport]]] = {}
    for document in documents:
        for report in document.reports:
            by_test.setdefault(report.nodeid, []).append((document, report))
    return [_checked(shares) for shares in by_test.values()]


def _checked(shares: Sequence[tuple[Read, StressReport]]) -> StressReport:
    done: dict[int, str] = {}
    for document, report in shares:
        of = document.session.of
        for shard in document.session.shards:
            if shard in done:
                what = f"shard {shard}/{of}" if of > 1 else "a whole run"
                both = f"{done[shard]} and {document.name}: both have {what} of {report.nodeid}"
                raise ValueError(f"{both}; expected different shards (--concurrency-shard=K/N)")
            done[shard] = document.name
    of = shares[0][0].session.of
    missing = [shard for shard in range(1, of + 1) if shard not in done]
    in_order = sorted(shares, key=lambda share: share[0].session.shards)
    merged = _merged([report for _, report in in_order])
    if not missing:
        return merged
    plural = "s" if len(missing) > 1 else ""
    told = f"shard{plural} {', '.join(map(str, missing))} of {of} missing"
    return replace(merged, problems=(*merged.problems, told))


def _merged(shares: Sequence[StressReport]) -> StressReport:
    """Merge what is known of one test."""
    stressed = [share for share in shares if share.cells] or [*shares]
    first = stressed[0]
    cells = numbered(_merged_cells(stressed))
    failed = any(share.outcome == "failed" for share in shares)
    passed = any(share.outcome == "passed" for share in shares)
    return replace(
        first,
        gated=any(share.gated for share in shares),
        outcome="failed" if failed else "passed" if passed else "skipped",
        cells=cells,
        not_run=tuple(_never_run(stressed, [result.cell for result in cells])),
        isolation=isolation_verdict(cells) if cells else first.isolation,
        seconds=sum(share.seconds for share in shares),
        reason=next((share.reason for share in stressed if share.reason), ""),
        notes=tuple(dict.fromkeys(note for share in shares for note in share.notes)),
        costs=next((share.costs for share in stressed if share.costs is not None), None),
    )


def _merged_cells(shares: Sequence[StressReport]) -> Iterator[CellResult]:
    by_cell: dict[Cell, list[CellResult]] = {}
    for share in shares:
        for result in share.cells:
            by_cell.setdefault(result.cell, []).append(result)
    order = ("serial", "explored", "free-running", "processes", "explored-processes")
    for cell in sorted(by_cell, key=lambda cell: order.index(cell.kind)):
        yield merged_cell(by_cell[cell])


def _never_run(shares: Sequence[StressReport], run: Sequence[Cell]) -> Iterator[NotRun]:
    """Yield what no share has run, once each."""
    left = {each.cell: each for share in shares for each in share.not_run}
    yield from (each for cell, each in left.items() if cell not in run)
