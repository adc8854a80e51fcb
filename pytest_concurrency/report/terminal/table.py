"""The table of a session: one row per stressed test, one column per cell, the verdict last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from itertools import groupby

from pytest_concurrency.model import Cell, CellKind, CellResult, StressReport
from pytest_concurrency.report.page import Line, Markup, Page, Span, columns, line
from pytest_concurrency.report.wording import verdict_color

GROUPS: dict[CellKind, str] = {
    "serial": "serial",
    "explored": "explored",
    "free-running": "free",
    "explored-processes": "explored",
    "processes": "processes",
}
_METHODS = ("", "fork", "spawn", "forkserver")
GAP = "  "
INNER_GAP = " "
NARROWEST_NAME = 16
EXHAUSTED = "ok*"
CAUSE = "cause"
OWN_FIXTURES = "own fixtures"
NOT_RUN = "-"
_OUTCOMES: dict[str, tuple[str, Markup]] = {
    "clean": ("ok", "green"),
    "hazard": ("FAIL", "red"),
    "error": ("error", "yellow"),
    "skipped": ("skip", "yellow"),
    "fails": ("fails", "red"),
    "not-shared": ("not shared", "yellow"),
}


def table_lines(
    reports: Sequence[StressReport],
    causes: Sequence[str],
    below: Sequence[Iterable[Line]],
    page: Page,
) -> list[Line]:
    """Lay reports out as a table, with the numbers of the causes in the last column, and the lines
    of ``below`` under each one's row.
    """
    if not reports:
        return []
    cells = _all_cells(reports)
    grid = [_by_cell(report) for report in reports]
    widths = _widths(cells, grid)
    last = [*map(_verdict, reports), "isolation"]
    verdict = max(map(len, last))
    numbers = max(len(CAUSE), *map(len, causes)) if any(causes) else 0
    taken = sum(map(len, _gaps(cells))) + sum(widths.values()) + len(GAP) + verdict
    name = _name_width(reports, taken + (len(GAP) + numbers if numbers else 0), page)
    # With very many columns a name gets a line of its own, above its cells.
    own_line = name == 0
    names = names_of([each.nodeid for each in reports], name or page.width, page)
    lines = _head(cells, widths, name, f"isolation{' ' * (verdict - 9)}", bool(numbers))
    for report, results, known, under in zip(reports, grid, causes, below, strict=True):
        if own_line:
            lines.append(line(names[report.nodeid]))
        row = _row(results, {each.cell for each in report.not_run}, cells, widths)
        told = Span(
            GAP + _verdict(report).ljust(verdict), (verdict_color(report.isolation.verdict),)
        )
        first = Span("" if own_line else page.pad(names[report.nodeid], name))
        lines.append(Line((first, *row, told, Span(GAP + known if known else ""))))
        lines += under
    if any(_outcome(result)[0] == EXHAUSTED for row in grid for result in row.values()):
        lines.append(line(f"{EXHAUSTED}: every interleaving was run", "light"))
    if any(result.is_barely_tried for row in grid for result in row.values()):
        lines.append(line("n/m: only n of m schedules were run, too few to say ok", "light"))
    if any(report.not_run for report in reports):
        why = "what the other cells showed leaves nothing for it (-v says why)"
        lines += [
            line(each, "light") for each in page.wrap(f"{NOT_RUN}: not run: {why}", "", "   ")
        ]
    return lines


def _name_width(reports: Sequence[StressReport], taken: int, page: Page) -> int:
    """Find how much of a line the names get; 0 if that would be too little to recognise them."""
    longest = max(len("test"), *(columns(page.clean(each.nodeid)) for each in reports))
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
    results: Mapping[Cell, CellResult],
    not_run: Set[Cell],
    cells: Sequence[Cell],
    widths: Mapping[Cell, int],
) -> list[Span]:
    spans = []
    for cell, gap in zip(cells, _gaps(cells), strict=True):
        text, markup = (NOT_RUN, ()) if cell in not_run else _outcome(results.get(cell))
        spans += [Span(gap), Span(text.ljust(widths[cell]), markup)]
    return spans


def _all_cells(reports: Sequence[StressReport]) -> list[Cell]:
    order = list(GROUPS)
    cells = {result.cell for report in reports for result in report.cells}
    cells.update(each.cell for report in reports for each in report.not_run)
    return sorted(
        cells,
        key=lambda cell: (
            order.index(cell.kind),
            cell.threads,
            cell.processes,
            _METHODS.index(cell.start_method),
        ),
    )


def _by_cell(report: StressReport) -> dict[Cell, CellResult]:
    return {result.cell: result for result in report.cells}


def _outcome(result: CellResult | None) -> tuple[str, tuple[Markup, ...]]:
    if result is None:
        return "", ()
    text, color = _OUTCOMES[result.outcome]
    if result.outcome == "clean" and result.has_everything and result.cell.is_explored:
        text = EXHAUSTED
    if result.is_barely_tried:
        text, color = f"{result.schedules}/{result.planned}", "yellow"
    return text, (color, "bold") if result.outcome == "hazard" else (color,)


def _widths(cells: Sequence[Cell], grid: Sequence[Mapping[Cell, CellResult]]) -> dict[Cell, int]:
    widths = {
        cell: max(len(cell.title), *(len(_outcome(row.get(cell))[0]) for row in grid))
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


def _head(
    cells: Sequence[Cell], widths: Mapping[Cell, int], name: int, isolation: str, has_causes: bool
) -> list[Line]:
    upper, lower = " " * name, "test".ljust(name) if name else ""
    for kind, group in groupby(cells, key=lambda cell: cell.kind):
        members = list(group)
        upper += GAP + GROUPS[kind].ljust(_together(members, widths))
        lower += GAP + INNER_GAP.join(cell.title.ljust(widths[cell]) for cell in members)
    last = GAP + CAUSE if has_causes else ""
    return [line(upper, "bold"), line(f"{lower}{GAP}{isolation}{last}", "bold")]


def names_of(nodeids: Iterable[str], width: int, page: Page) -> dict[str, str]:
    """Cut node ids so that they stay different: directories go first, then the file; a test's own
    name loses its end, or, where that would make it another one's, its middle.
    """
    names = {nodeid: _cut(nodeid, width, page) for nodeid in nodeids}
    before: list[list[str]] = []
    while (alike := _alike(names)) != before:
        before = alike
        for group in alike:
            names.update(_told_apart(group, width, page))
    return names


def _told_apart(nodeids: Sequence[str], width: int, page: Page) -> dict[str, str]:
    """Cut names that begin alike: what follows is kept."""
    texts = {nodeid: page.clean(_own(nodeid)) for nodeid in nodeids}
    if len({*texts.values()}) < len(texts):
        texts = {nodeid: page.clean(nodeid) for nodeid in nodeids}
    start = _shared([*texts.values()])
    head = min(width // 3, start)
    kept = max(start - 2, head)
    dots = page.ellipsis if kept > head else ""
    return {
        nodeid: page.cut(text[:head] + dots + text[kept:], width) for nodeid, text in texts.items()
    }


def _shared(texts: Sequence[str]) -> int:
    """Count the characters that texts begin with alike."""
    together = zip(*texts, strict=False)
    least = min(map(len, texts))
    return next((index for index, each in enumerate(together) if len({*each}) > 1), least)


def _alike(names: Mapping[str, str]) -> list[list[str]]:
    groups: dict[str, list[str]] = {}
    for nodeid, name in names.items():
        groups.setdefault(name, []).append(nodeid)
    return [group for group in groups.values() if len(group) > 1]


def _cut(nodeid: str, width: int, page: Page) -> str:
    nodeid = page.clean(nodeid)
    own = _own(nodeid)
    if columns(own) + len(page.ellipsis) <= width:
        return page.cut_start(nodeid, width)
    return page.cut(own, width)


def _own(nodeid: str) -> str:
    return nodeid.partition("::")[2] or nodeid
