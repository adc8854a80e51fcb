"""Stresses one program of the zoo, and looks at what the report says."""

from __future__ import annotations

import fnmatch
import importlib.metadata
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from animals import Animal

PROGRAMS = Path(__file__).parent / "programs"
OPTIONS = (
    "--concurrency-stress",
    "--concurrency-threads=2",
    "--concurrency-runs=2",
)
SECONDS = 120
"""Many times what the slowest takes."""

Report = Mapping[str, Any]


def stress(animal: Animal) -> tuple[Report, str]:
    """Return what the JSON report says of the program's test, and what was printed."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "report.json")
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", animal.program, "-p", "no:cacheprovider"),
                *OPTIONS,
                f"--concurrency-json={file}",
            ],
            cwd=PROGRAMS,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        if not file.exists():
            raise RuntimeError(done.stdout + done.stderr)
        (report,) = json.loads(file.read_text())["tests"]
        return report, done.stdout


def hazard_of(animal: Animal, report: Report) -> Mapping[str, Any] | None:
    """Return the hazard that is known, with kind, location and lines; None if it is not there."""
    for hazard in report["hazards"]:
        sites = hazard["sites"]
        if (
            hazard["kind"] == animal.kind
            and fnmatch.fnmatchcase(hazard["location"], _pattern(animal.location))
            and {source_of(site) for site in sites} == animal.lines
            and all(site["path"].endswith(animal.file) for site in sites)
        ):
            return dict(hazard)
    return None


def _pattern(location: str) -> str:
    """Return ``location`` with ``*`` for any text, and brackets for brackets."""
    return location.replace("[", "[[]")


def source_of(site: Mapping[str, Any]) -> str:
    file = Path(PROGRAMS, site["path"])
    return file.read_text(encoding="utf-8").splitlines()[site["line"] - 1].strip()


def version(animal: Animal) -> str:
    return importlib.metadata.version(animal.package)
