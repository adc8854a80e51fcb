"""What the plugin costs a pytest run that does not use it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks.neighbours import PLUGIN, collect_only
from benchmarks.table import Row, Table, compared, spread, target

TARGET = 10.0
_LINE = re.compile(r"import time: +(\d+) \| +(\d+) \| ( *)(\S+)")
_SHOWN = 200
"""Microseconds that a module has to take to be named."""

Pairs = list[tuple[float, float]]
"""Milliseconds with the plugin and without it."""


def measure(quick: bool) -> Table:
    """Collect an empty file with and without the plugin in turn."""
    with TemporaryDirectory() as folder:
        empty = Path(folder) / "test_empty.py"
        empty.touch()
        forked, forked_cpu = _forked(empty, 10 if quick else 100)
        whole = [
            (_whole(empty, with_plugin=True), _whole(empty, with_plugin=False))
            for _ in range(3 if quick else 12)
        ]
        imports = _imports(empty)
    warm = replace(
        _row("start-up, stress off, in a warm process", forked),
        cpu_ratio=_more(forked_cpu),
        target=target(_median_more(forked_cpu) < TARGET, f"< +{TARGET:.0f} ms CPU"),
    )
    total = sum(own for _, own in imports)
    return compared(
        [
            warm,
            _row("start-up, stress off, whole process", whole),
            Row("start-up, stress off: imports", f"{total / 1000:.1f} ms"),
            *(Row(f"  {name}", f"{own / 1000:.1f} ms") for name, own in imports if own >= _SHOWN),
        ]
    )


def _row(what: str, pairs: Pairs) -> Row:
    ours, beside = (f"{median(side):.1f} ms" for side in zip(*pairs, strict=True))
    return Row(what, ours, f"-p no:{PLUGIN} {beside}", _more(pairs))


def _more(pairs: Pairs) -> str:
    return spread([one - other for one, other in pairs], "+.1f", " ms")


def _median_more(pairs: Pairs) -> float:
    return median(one - other for one, other in pairs)


def _environment(empty: Path) -> dict[str, str]:
    """Have byte code cached, as for everybody from the second run on, whatever is set here."""
    environment = dict(os.environ, PYTHONPYCACHEPREFIX=str(empty.parent / "cache"))
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return environment


def _forked(empty: Path, pairs: int) -> tuple[Pairs, Pairs]:
    """Return what ``collect.py`` measures: by the clock, by CPU time."""
    command = [sys.executable, "-m", "benchmarks.collect", str(empty), str(pairs)]
    root = Path(__file__).parent.parent
    done = subprocess.run(
        command, cwd=root, env=_environment(empty), stdout=subprocess.PIPE, check=True
    )
    found = json.loads(done.stdout)
    wall, cpu = ([(one[kind], other[kind]) for one, other in found] for kind in (0, 1))
    return wall, cpu


def _whole(empty: Path, *, with_plugin: bool) -> float:
    command = [sys.executable, "-m", "pytest", *collect_only(str(empty), with_plugin=with_plugin)]
    started = perf_counter()
    done = subprocess.run(command, cwd=empty.parent, env=_environment(empty), capture_output=True)
    wall = perf_counter() - started
    if done.returncode != 5:  # pytest's for "no tests collected"
        raise RuntimeError(f"exit status {done.returncode}: {' '.join(command)}")
    return wall * 1000


def _imports(empty: Path) -> list[tuple[str, int]]:
    """Return the modules that are imported because of the plugin: name, microseconds."""
    arguments = collect_only(str(empty), with_plugin=True)
    command = [sys.executable, "-X", "importtime", "-m", "pytest", *arguments]
    done = subprocess.run(
        command, cwd=empty.parent, capture_output=True, text=True, env=_environment(empty)
    )
    found: list[tuple[str, int]] = []
    inside = -1
    # A module is listed after those that it imports, which are indented deeper: so read backwards.
    for own, _, indent, name in reversed(_LINE.findall(done.stderr)):
        if inside >= 0 and len(indent) <= inside:
            inside = -1
        if inside < 0 and name.partition(".")[0] == "pytest_concurrency":
            inside = len(indent)
        if inside >= 0:
            found.append((name, int(own)))
    return sorted(found, key=lambda entry: -entry[1])
