"""The table of a session: one row per stressed test, one column per cell, the verdict last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from pytest_concurrency.model import Cell, CellKind, CellResult, StressReport
from pytest_concurrency.report.page import Line, Markup, Page, Span, columns, line
from pytest_concurrency.report.wording import verdict_color

GROUPS: dict[CellKind, str] = {
    "serial": "serial",
    "explored": "explored",
    "free-running": "free",
    "processes": "processes",
}
GAP = "  "
INNER_GAP = " "
NARROWEST_NAME = 20
EXHAUSTED = "ok*"
OWN_FIXTURES = "own fixtures"
_OUTCOMES: dict[str, tuple[str, Markup]] = {
    "clean": ("ok", "green"),
    "hazard": ("FAIL", "red"),
    "error": ("error", "yellow"),
    "skipped": ("skip", "yellow"),
    "fails": ("fails", "red"),
    "not-shared": ("not shared", "yellow"),
}


def table_lines(
    reports: Sequence[StressReport], below: Sequence[Iterable[Line]], page: Page
) -> list[Line]:
    """Lay reports out as a table, with the lines of ``below`` under each one's row."""
    if not reports:
        return []
    cells = _all_cells(reports)
    grid = [_by_cell(report) for report in reports]
    widths = _widths(cells, grid)
    name = _name_width(reports, cells, widths, page)
    # With very many columns a name gets a line of its own, above its cells.
    own_line = name == 0
    lines = _head(cells, widths, name)
    for report, results, under in zip(reports, grid, below, strict=True):
        if own_line:
            lines.append(line(_name(report.nodeid, page.width, page)))
        row = _row(results, cells, widths)
        verdict = Span(GAP + _verdict(report), (verdict_color(report.isolation.verdict),))
        first = Span("" if own_line else _name(report.nodeid, name, page))
        lines.append(Line((first, *row, verdict)))
        lines += under
    if any(_outcome(result)[0] == EXHAUSTED for row in grid for result in row.values()):
        lines.append(line(f"{EXHAUSTED}: every interleaving was run", "light"))
    if any(result.is_barely_tried for row in grid for result in row.values()):
        lines.append(line("n/m: only n of m schedules were run, too few to say ok", "light"))
    return lines


def _name_width(
    reports: Sequence[StressReport], cells: Sequence[Cell], widths: Mapping[Cell, int], page: Page
) -> int:
    """Find how much of a line the names get; 0 if that would be too little to recognise them."""
    longest = max(len("test"), *(columns(page.clean(each.nodeid)) for each in reports))
    verdict = max(len("isolation"), *(len(_verdict(each)) for each in reports))
    taken = sum(map(len, _gaps(cells))) + sum(widths.values()) + len(GAP) + verdict
    left = min(page.width - taken, longest)
    return left if left >= min(NARROWEST_NAME, longest) else 0


def _verdict(report: StressReport) -> str:
    own = any(result.own_fixtures for result in report.cells)
    return report.isolation.verdict + (f" ({OWN_FIXTURES})" if own else "")


def _gaps(cells: Sequence[Cell]) -> list[str]:
    """List what stands before each cell: a wider gap where another kind begins."""
    kinds = [None, *(cell.kind for cell in cells)]
    return [
        INNER_GAP if cell.kind == before else GAP
        for cell, before in zip(cells, kinds, strict=False)
    ]


def _row(
    results: Mapping[Cell, CellResult], cells: Sequence[Cell], widths: Mapping[Cell, int]
) -> list[Span]:
    spans = []
    for cell, gap in zip(cells, _gaps(cells), strict=True):
        text, markup = _outcome(results.get(cell))
        spans += [Span(gap), Span(text.ljust(widths[cell]), markup)]
    return spans


def _all_cells(reports: Sequence[StressReport]) -> list[Cell]:
    order = list(GROUPS)
    cells = {result.cell for report in reports for result in report.cells}
    return sorted(cells, key=lambda cell: (order.index(cell.kind), cell.threads, cell.processes))


def _by_cell(report: StressReport) -> dict[Cell, CellResult]:
    return {result.cell: result for result in report.cells}


def _outcome(result: CellResult | None) -> tuple[str, tuple[Markup, ...]]:
    if result is None:
        return "", ()
    text, color = _OUTCOMES[result.outcome]
    if result.outcome == "clean" and result.exhausted and result.cell.kind == "explored":
        text = EXHAUSTED
    if result.is_barely_tried:
        text, color = f"{result.schedules}/{result.planned}", "yellow"
    return text, (color, "bold") if result.outcome == "hazard" else (color,)


def _title(cell: Cell) -> str:
    if cell.kind == "serial":
        return ""
    return f"{cell.processes}P" if cell.kind == "processes" else f"{cell.threads}T"


def _widths(cells: Sequence[Cell], grid: Sequence[Mapping[Cell, CellResult]]) -> dict[Cell, int]:
    widths = {
        cell: max(len(_title(cell)), *(len(_outcome(row.get(cell))[0]) for row in grid))
        for cell in cells
    }
    for kind, group in groupby(cells, key=lambda cell: cell.kind):
        members = list(group)
        together = _together(members, widths)
        # The group's title may be wider than its columns.
        widths[members[-1]] += max(len(GROUPS[kind]) - together, 0)
    return widths


def _together(members: Sequence[Cell], widths: Mapping[Cell, int]) -> int:
    return sum(widths[cell] for cell in members) + len(INNER_GAP) * (len(members) - 1)


def _head(cells: Sequence[Cell], widths: Mapping[Cell, int], name: int) -> list[Line]:
    upper, lower = " " * name, "test".ljust(name)
    for kind, group in groupby(cells, key=lambda cell: cell.kind):
        members = list(group)
        upper += GAP + GROUPS[kind].ljust(_together(members, widths))
        lower += GAP + INNER_GAP.join(_title(cell).ljust(widths[cell]) for cell in members)
    return [line(upper, "bold"), line(f"{lower}{GAP}isolation", "bold")]


def _name(nodeid: str, width: int, page: Page) -> str:
    """Cut a node id: directories go first, then the file; a test's own name loses its end."""
    nodeid = page.clean(nodeid)
    own = nodeid.partition("::")[2] or nodeid
    if columns(own) + len(page.ellipsis) <= width:
        return page.pad(page.cut_start(nodeid, width), width)
    return page.pad(page.cut(own, width), width)
