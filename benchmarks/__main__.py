"""Run the benchmarks and print their tables."""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter

from benchmarks import (
    burners,
    corpus,
    cpu_bound,
    executions,
    jobs,
    per_access,
    profile,
    rerun,
    small_tests,
    startup,
)
from benchmarks.table import Table

BENCHMARKS: dict[str, Callable[[bool], Table]] = {
    "executions": executions.measure,
    "profile": profile.measure,
    "rerun": rerun.measure,
    "small-tests": small_tests.measure,
    "jobs": jobs.measure,
    "burners": burners.measure,
    "corpus": corpus.measure,
    "access": per_access.measure,
    "cpu": cpu_bound.measure,
    "startup": startup.measure,
}
ON_ALL_CPUS = {"jobs", "burners"}
"""What is measured there is the use of more than one."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a short look, numbers are rough")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(BENCHMARKS)
    if unknown:
        parser.error(f"got {', '.join(sorted(unknown))}, expected some of {', '.join(BENCHMARKS)}")
    print(f"CPython {platform.python_version()}, {os.cpu_count()} CPUs, ", end="")
    print(f"load {os.getloadavg()[0]:.1f}; medians; ratios pair by pair: median (min..max)")
    for name in arguments.names or BENCHMARKS:
        _run(name, arguments.quick)


def _run(name: str, quick: bool) -> None:
    started = perf_counter()
    if name in ON_ALL_CPUS:
        table = BENCHMARKS[name](quick)
    else:
        with _one_cpu():
            table = BENCHMARKS[name](quick)
    print(f"\n{name} (took {perf_counter() - started:.0f} s)\n\n{table.render()}", flush=True)


@contextmanager
def _one_cpu() -> Iterator[None]:
    """Use one CPU for everything: exploring pins itself anyway, and the peer is faster so, too."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    cpus = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cpus)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cpus)


if __name__ == "__main__":
    main()
