"""Run the benchmarks and print one table."""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Callable, Iterator

from benchmarks import executions, per_access, rerun, startup
from benchmarks.table import Row, render

BENCHMARKS: dict[str, Callable[[bool], Iterator[Row]]] = {
    "executions": executions.measure,
    "rerun": rerun.measure,
    "startup": startup.measure,
    "access": per_access.measure,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a short look, numbers are rough")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(BENCHMARKS)
    if unknown:
        parser.error(f"got {', '.join(sorted(unknown))}, expected some of {', '.join(BENCHMARKS)}")
    _pin()
    print(f"CPython {platform.python_version()}, one CPU of {os.cpu_count()}, ", end="")
    print(f"load {os.getloadavg()[0]:.1f}; medians; ratios pair by pair: median (min..max)\n")
    names = arguments.names or BENCHMARKS
    rows: list[Row] = []
    try:
        for name in names:
            rows.extend(BENCHMARKS[name](arguments.quick))
    finally:  # what is there, if one fails or somebody has seen enough
        print(render(rows))


def _pin() -> None:
    """Use one CPU for everything: exploring pins itself anyway, and the peer is faster so, too."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


if __name__ == "__main__":
    main()
