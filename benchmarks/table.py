"""Numbers -> tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from statistics import median


@dataclass(frozen=True)
class Table:
    """What one benchmark has to say."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()

    def render(self) -> str:
        """Lay the rows out in columns, with the notes below them."""
        cells = [self.header, *self.rows]
        widths = [max(len(row[column]) for row in cells) for column in range(len(self.header))]
        lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in cells]
        lines.insert(1, "  ".join("-" * width for width in widths))
        return "\n".join(line.rstrip() for line in (*lines, *self.notes))


@dataclass(frozen=True)
class Row:
    """Two numbers measured side by side, and how they compare."""

    what: str
    ours: str
    beside: str = ""
    """What it is compared with, and its number."""
    ratio: str = ""
    """By the clock: what a user waits."""
    cpu_ratio: str = ""
    """By CPU time: the same where nothing else wants the CPU, steadier where something does."""
    target: str = ""


HEADER = Row("what", "ours", "beside", "ratio", "by CPU time", "target")


def compared(rows: Iterable[Row]) -> Table:
    """Return the table of numbers that were measured side by side; without empty columns."""
    cells = [astuple(row) for row in rows]
    used = [column for column in range(len(astuple(HEADER))) if any(row[column] for row in cells)]
    header, *body = [[row[column] for column in used] for row in (astuple(HEADER), *cells)]
    return Table(header, body)


def spread(values: Sequence[float], form: str = ".1f", unit: str = "") -> str:
    """Show the median of some pairs' values, and the smallest and the largest."""
    middle, low, high = (
        format(value, form) for value in (median(values), min(values), max(values))
    )
    return f"{middle}{unit} ({low}..{high})"


def rate(values: Sequence[float]) -> str:
    """Show the median of some rates."""
    return f"{median(values):,.0f}/s"


def target(met: bool, wanted: str) -> str:
    """Say what was wanted, and whether that is what came out."""
    return f"{wanted}: {'met' if met else 'MISSED'}"
