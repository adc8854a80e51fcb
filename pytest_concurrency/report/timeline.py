"""An interleaving as a table: one column per thread, one row per step, time runs down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pytest_concurrency.model import Access, CellKind, Operation
from pytest_concurrency.report.page import Line, Page, Span, columns, line
from pytest_concurrency.report.wording import count, shortest_names, worker

MOST_COLUMNS = 4
NARROWEST_COLUMN = 22
SHORTEST_NAME = 12
LONGEST_VALUE = 40

_DOING: dict[Operation, str] = {"wait": "waits for", "wake": "goes on"}
"""Where a row does not say what the thread does next, but how it is with it."""

# A row is a step of the interleaving, or the number of steps left out.
Row = Access | int


def timeline_lines(
    timeline: Sequence[Access], page: Page, *, kind: CellKind = "explored", most_rows: int = 30
) -> list[Line]:
    """Lay an interleaving out for a page; ``>`` marks the highlighted steps."""
    if not timeline:
        return []
    rows = shorten(timeline, most_rows)
    shown = [row for row in rows if isinstance(row, Access)]
    entries = _Entries(
        page=page,
        titles={thread: worker(thread, kind) for thread in sorted({a.thread for a in shown})},
        places=_places(shown, page),
        names={access.location: page.clean(access.location) for access in shown},
    )
    shorter = replace(entries, names=_last_parts(entries.names))
    for each in (entries, shorter):
        if widths := each.fitting_widths(shown, cut=each is shorter):
            return _columns(rows, each, widths)
    room = page.width - max(map(len, entries.titles.values())) - 4
    fits = all(columns(entries.text(access)) <= room for access in shown)
    return _one_column(rows, entries if fits else shorter, max(room, 1))


def only_path(timeline: Sequence[Access]) -> str:
    """Name the one file that a timeline's line numbers belong to; empty if there are several."""
    paths = {access.site.path for access in timeline}
    return paths.pop() if len(paths) == 1 else ""


def shorten(timeline: Sequence[Access], most_rows: int) -> list[Row]:
    """Keep of a long timeline what makes its point (``_weights``), and what is near to that."""
    kept = _kept(timeline, most_rows)
    rows: list[Row] = []
    left_out = 0
    for index, access in enumerate(timeline):
        if index not in kept:
            left_out += 1
            continue
        if left_out:
            rows.append(left_out)
            left_out = 0
        rows.append(access)
    return [*rows, left_out] if left_out else rows


def _kept(timeline: Sequence[Access], most_rows: int) -> set[int]:
    everything = range(len(timeline))
    if len(timeline) <= most_rows:
        return set(everything)
    weights = _weights(timeline)
    marked = [index for index in everything if weights[index] == 0] or [len(timeline)]
    if len(marked) >= most_rows:
        half = most_rows // 2
        return {*marked[:half], *marked[half - most_rows :]}

    def importance(index: int) -> tuple[int, int]:
        return weights[index], min(abs(index - each) for each in marked)

    return set(sorted(everything, key=importance)[:most_rows])


def _weights(timeline: Sequence[Access]) -> list[int]:
    """Weigh each step: the less, the more it says about why it ends as it does.

    First what is marked, and waits that nobody ends; then what happens to the accused locations
    (those of the marked steps; what is waited for, and what was looked at before) once the threads
    run, changes before looks; then by what the threads that met wait for each other; then the
    steps at which another thread goes on.
    """
    first = next((index for index, access in enumerate(timeline) if access.thread), 0)
    latest = {access.thread: index for index, access in enumerate(timeline)}
    stuck = {index for thread, index in latest.items() if timeline[index].op == "wait" and thread}
    marked = {index for index, access in enumerate(timeline) if access.highlighted} or stuck
    accused = {timeline[index].location for index in marked}
    accused |= {max(looks)[1] for index in stuck if (looks := _looks_before(timeline, index))}
    met = {timeline[index].thread for index in marked}
    weights = []
    for index, access in enumerate(timeline):
        after = timeline[min(index + 1, len(timeline) - 1)].thread
        if index in marked or index in stuck:
            weight = 0
        elif index >= first and access.location in accused:
            weight = 2 if access.op == "read" else 1
        elif index >= first and access.thread in met and access.op not in ("read", "write"):
            weight = 3
        else:
            weight = 4 if access.thread != after or access.op in ("wait", "wake") else 5
        weights.append(weight)
    return weights


def _looks_before(timeline: Sequence[Access], index: int) -> list[tuple[int, str]]:
    """List what the thread of a step has read before: when, and where."""
    thread = timeline[index].thread
    return [
        (when, access.location)
        for when, access in enumerate(timeline[:index])
        if access.thread == thread and access.op == "read"
    ]


@dataclass(frozen=True, slots=True)
class _Entries:
    """How the steps of one timeline are written."""

    page: Page
    titles: Mapping[int, str]
    places: Mapping[tuple[str, int], str]
    names: Mapping[str, str]

    def head(self, access: Access) -> str:
        """Say where and what; this is never cut in a column."""
        doing = _DOING.get(access.op, access.op)
        return f"{self.places[access.site.path, access.site.line]} {doing} "

    def text(self, access: Access, width: int = 0) -> str:
        """Describe a step; if it must be cut to a width, location and value share what is left."""
        head = self.head(access)
        arrow = " <- " if access.op == "write" else " -> "
        name = "" if access.op == "wake" else self.names[access.location]
        if access.method and access.op == "call":
            name += self.page.clean(f".{access.method}")
        value = self.page.cut(self.page.clean(access.value), LONGEST_VALUE)
        text = f"{head}{name}{arrow}{value}" if value else f"{head}{name}".rstrip()
        if not width or columns(text) <= width:
            return text
        room = width - columns(head)
        if not value:
            return self.page.cut(head + self.page.cut_start(name, room), width)
        room -= len(arrow)
        value = self.page.cut(value, max(room // 2, room - columns(name)))
        name = self.page.cut_start(name, room - columns(value))
        return self.page.cut(f"{head}{name}{arrow}{value}", width)

    def fitting_widths(self, shown: Sequence[Access], *, cut: bool) -> dict[int, int] | None:
        """Find a width for each thread's column; None if they cannot stand side by side."""
        if len(self.titles) > MOST_COLUMNS:
            return None
        widths = {thread: len(title) for thread, title in self.titles.items()}
        for access in shown:
            widths[access.thread] = max(widths[access.thread], columns(self.text(access)))
        room = self.page.width - 2 - 3 * (len(widths) - 1)
        if sum(widths.values()) <= room:
            return widths
        # The widest columns give way first, all down to the same width.
        narrowest = max(columns(self.head(access)) + SHORTEST_NAME for access in shown)
        narrowest = max(narrowest, NARROWEST_COLUMN)
        cap = max(widths.values())
        while cap >= narrowest and sum(min(width, cap) for width in widths.values()) > room:
            cap -= 1
        if not cut or cap < narrowest:
            return None
        return {thread: min(width, cap) for thread, width in widths.items()}


def _places(shown: Sequence[Access], page: Page) -> dict[tuple[str, int], str]:
    """Write each line's number (aligned at the right), with its file where there are several."""
    names = shortest_names(access.site.path for access in shown)
    texts = {}
    for access in shown:
        path, number = access.site.path, access.site.line
        file = f"{names[path]}:" if len(names) > 1 else ""
        texts[path, number] = page.clean(f"{file}{number}")
    width = max(columns(text) for text in texts.values())
    if len(names) > 1:
        return {key: page.pad(text, width) for key, text in texts.items()}
    return {key: text.rjust(width) for key, text in texts.items()}


def _last_parts(names: Mapping[str, str]) -> dict[str, str]:
    """Shorten ``Counter.value`` to ``value``, unless that makes two locations look like one."""
    if any(name.startswith("file ") for name in names.values()):
        return dict(names)
    parts = {location: name.rpartition(".")[2] for location, name in names.items()}
    distinct = len(set(parts.values())) == len(parts)
    return parts if distinct and all(map(str.isidentifier, parts.values())) else dict(names)


def _columns(rows: Sequence[Row], entries: _Entries, widths: Mapping[int, int]) -> list[Line]:
    page = entries.page
    bar, dash, cross = (" │ ", "─", "─┼─") if page.has_symbols else (" | ", "-", "-+-")
    heads = bar.join(page.pad(entries.titles[thread], width) for thread, width in widths.items())
    rule = cross.join(dash * width for width in widths.values())
    lines = [line("  " + heads, "bold"), line("  " + rule)]
    for row in rows:
        if isinstance(row, int):
            lines.append(_left_out(row, page))
            continue
        spans = [_mark(row)]
        for thread, width in widths.items():
            spans += [Span(bar)] if len(spans) > 1 else []
            mine = thread == row.thread
            text = page.pad(entries.text(row, width) if mine else "", width)
            spans.append(Span(text, ("red", "bold") if mine and row.highlighted else ()))
        lines.append(Line(tuple(spans)))
    return lines


def _one_column(rows: Sequence[Row], entries: _Entries, room: int) -> list[Line]:
    page = entries.page
    width = max(len(title) for title in entries.titles.values())
    lines = []
    for row in rows:
        if isinstance(row, int):
            lines.append(_left_out(row, page))
            continue
        title = page.pad(entries.titles[row.thread], width)
        text = f"{title}  {entries.text(row, room)}"
        lines.append(Line((_mark(row), Span(text, ("red", "bold") if row.highlighted else ()))))
    return lines


def _mark(access: Access) -> Span:
    return Span("> ", ("red", "bold")) if access.highlighted else Span("  ")


def _left_out(steps: int, page: Page) -> Line:
    return line(f"  {page.ellipsis} {count(steps, 'step')} {page.ellipsis}", "light")
