"""The program that measures a machine, and prints what it has found."""

from __future__ import annotations

import argparse
import json
import platform
import sys

from pytest_concurrency._compat import gil_enabled
from pytest_concurrency.costs.figures import Figures, measured, pays_from, to_json
from pytest_concurrency.costs.measure import LARGE_BYTES, SMALL_BYTES
from pytest_concurrency.model.costs import NEVER_SECONDS, duration


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(options: argparse.Namespace) -> int:
    """Measure, and print."""
    figures = measured()
    if options.json:
        sys.stdout.write(json.dumps(to_json(figures)) + "\n")
    else:
        sys.stdout.write("\n".join(lines(figures, gil=gil_enabled())) + "\n")
    return 0


def lines(figures: Figures, *, gil: bool) -> list[str]:
    """Lay the figures out as a table."""
    threads = figures.starts["threads"]
    rows = [("", "start and end of two", "pays from, computing in each")]
    for by, seconds in figures.starts.items():
        gain = pays_from(seconds, threads, figures.small_message, gil=gil)
        told = "" if by == "threads" else "never" if gain == NEVER_SECONDS else duration(gain)
        rows.append((by if by == "threads" else f"processes, {by}", duration(seconds), told))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    table = [
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return [
        f"Python {platform.python_version()}, GIL {'on' if gil else 'off'}; medians",
        "",
        *table,
        "",
        f"a message of {SMALL_BYTES} bytes: {duration(figures.small_message)}",
        f"a message of {LARGE_BYTES:,} bytes: {duration(figures.large_message)}",
    ]
