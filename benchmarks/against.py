"""CPU time beside that of an earlier commit: ``python -m benchmarks.against COMMIT``.

The benchmarks are those of this checkout, only the package is taken from the commit, so that both
do the same. What is compared runs in turn, each in a process of its own.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from statistics import median
from time import clock_gettime
from typing import NamedTuple

from benchmarks.asking import OURS, Child
from benchmarks.corpus import FOLDER, SCHEDULES, SECONDS
from benchmarks.executions import ENDING, SAMPLING
from benchmarks.programs import PROGRAMS
from benchmarks.realistic import REALISTIC
from benchmarks.table import Table, spread

_ROOT = Path(__file__).parent.parent
_CPU_CLOCK_OF_PROCESS = 2
"""``CPUCLOCK_SCHED`` of the kernel: the CPU time of all threads of a process."""


class Pair(NamedTuple):
    """CPU seconds of one question."""

    ours: float
    before: float

    @property
    def ratio(self) -> float:
        """How many times as long as before."""
        return self.ours / self.before


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.against", description=__doc__)
    parser.add_argument("commit")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--program", action="append", choices=PROGRAMS, help="only this one")
    parser.add_argument("--part", type=int, default=1, help="one of so many executions is done")
    parser.add_argument("--step", type=int, default=6, help="one of so many programs with a bug")
    arguments = parser.parse_args()
    programs = arguments.program or list(PROGRAMS)
    with tempfile.TemporaryDirectory() as folder:
        _checked_out(arguments.commit, Path(folder))
        with Child(OURS) as ours, Child(OURS, Path(folder)) as before:
            executions = dict(_executions(ours, before, programs, arguments.pairs, arguments.part))
            print(_table("executions", executions).render(), "\n", flush=True)
            realistic = dict(_realistic(ours, before, arguments.pairs, arguments.part))
            print(_table("programs as they are", realistic).render(), "\n", flush=True)
            first = dict(_first_bugs(ours, before, arguments.pairs, arguments.step))
            print(_table("to the first hazard", first).render())


def _checked_out(commit: str, folder: Path) -> None:
    """Put this checkout's benchmarks into ``folder``, with the package as it was then."""
    archive = ["git", "archive", commit, "pytest_concurrency"]
    packed = subprocess.run(archive, cwd=_ROOT, check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as files:
        files.extractall(folder, filter="data")
    shutil.copytree(_ROOT / "benchmarks", folder / "benchmarks")


def _executions(
    ours: Child, before: Child, programs: Iterable[str], pairs: int, part: int
) -> Iterator[tuple[str, list[Pair]]]:
    for name in programs:
        program = PROGRAMS[name]
        strategies = SAMPLING if program.is_small else SAMPLING + ENDING
        for strategy in strategies:
            question = ("explore_often", name, strategy, program.executions // part)
            yield f"{program.title}: {strategy}", _pairs(ours, before, question, pairs)


def _realistic(
    ours: Child, before: Child, pairs: int, part: int
) -> Iterator[tuple[str, list[Pair]]]:
    for name, program in REALISTIC.items():
        question = ("explore_realistic", name, max(program.executions // part, 1))
        yield program.title, _pairs(ours, before, question, pairs)


def _first_bugs(
    ours: Child, before: Child, pairs: int, step: int
) -> Iterator[tuple[str, list[Pair]]]:
    for path in sorted(FOLDER.glob("*.py"))[::step]:
        question = ("first_bug", str(path), "auto", 0, SCHEDULES, SECONDS)
        # What is not found by both is no matter of speed. The files are instrumented then, too.
        if all(child.ask(*question)[0] for child in (ours, before)):
            yield path.stem, _pairs(ours, before, question, pairs)


def _pairs(ours: Child, before: Child, question: tuple[object, ...], pairs: int) -> list[Pair]:
    for child in (ours, before):
        child.ask(*question)
    found = []
    for number in range(pairs):
        order = (ours, before) if number % 2 else (before, ours)
        took = {child: _cpu_seconds(child, lambda c: c.ask(*question)) for child in order}
        found.append(Pair(took[ours], took[before]))
    return found


def _cpu_seconds(child: Child, does: Callable[[Child], object]) -> float:
    clock = (~child.pid << 3) | _CPU_CLOCK_OF_PROCESS
    started = clock_gettime(clock)
    does(child)
    return clock_gettime(clock) - started


def _table(what: str, found: dict[str, list[Pair]]) -> Table:
    rows = [(name, spread([pair.ratio for pair in each], ".2f")) for name, each in found.items()]
    middles = [median(pair.ratio for pair in each) for each in found.values()]
    rows.append(("median of the medians", spread(middles, ".2f")))
    return Table((what, "CPU time, of that before"), rows, [f"load {os.getloadavg()[0]:.1f}"])


if __name__ == "__main__":
    main()
