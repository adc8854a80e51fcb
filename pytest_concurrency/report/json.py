"""The JSON report: version 2 of the document that ``report.schema.json`` describes."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from pytest_concurrency import __version__
from pytest_concurrency._compat import gil_enabled
from pytest_concurrency.kinds import KINDS
from pytest_concurrency.model import CellResult, Hazard, StressReport
from pytest_concurrency.report.causes import Cause, Causes
from pytest_concurrency.report.wire import to_wire
from pytest_concurrency.report.wording import headline

SCHEMA_VERSION = 2
TOOL = "pytest-concurrency"


def system_name() -> str:
    """Name the operating system: ``Linux-6.1.0-x86_64``.

    ``platform.platform()`` starts a program to name the processor, and where threads that a test
    has left fork meanwhile (those of a ``multiprocessing.Pool``), it may wait for ever.
    """
    told = platform.uname()
    return "-".join(filter(None, (told.system, told.release, told.machine)))


@dataclass(frozen=True, slots=True)
class Session:
    """What a session was run with, besides its tests."""

    seed: str = ""
    """What the user gave; empty: derived from the tests' ids."""
    python: str = field(default_factory=platform.python_version)
    gil: bool = field(default_factory=gil_enabled)
    platform: str = field(default_factory=system_name)
    shards: tuple[int, ...] = (1,)
    """Which shares of the schedules were done."""
    of: int = 1
    """How many there are."""
    version: str = __version__


def build_document(causes: Causes, session: Session) -> dict[str, Any]:
    """Build the document of a session."""
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": TOOL, "version": session.version},
        "python": session.python,
        "gil": session.gil,
        "platform": session.platform,
        "seed": session.seed,
        "shards": {"run": list(session.shards), "of": session.of},
        "causes": [_cause(cause) for cause in causes.found],
        "tests": [_test(report) for report in causes.reports],
    }


def write(path: Path, document: dict[str, Any]) -> None:
    """Write a document so that readers see either the old file or the whole new one."""
    write_whole(path, json.dumps(document, indent=2) + "\n")


def write_whole(path: Path, text: str) -> None:
    """Write a file so that readers see either the old one or the whole new one."""
    if path.exists() and not path.is_file():
        # /dev/stdout, a named pipe: nothing that could or should be replaced.
        path.write_text(text, encoding="utf-8")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not tempfile: the report gets the permissions that any other file of the user gets.
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def schema() -> dict[str, Any]:
    """Load the JSON Schema (draft 2020-12) of the document, with all kinds that there are now."""
    path = Path(__file__).with_name("report.schema.json")
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    loaded["$defs"]["hazard"]["properties"]["kind"]["enum"] = list(KINDS)
    return loaded


SYMPTOM = ("kind", "exception", "path", "line")
"""How the items of a ``Symptom`` are called."""


def _cause(cause: Cause) -> dict[str, Any]:
    """Return what a cause is, where it shows, and how to see it."""
    best = cause.best
    return {
        "number": cause.number,
        "kind": best.hazard.kind,
        "location": best.hazard.location,
        "severity": best.hazard.severity,
        "accepted": to_wire(best.hazard.accepted),
        "headline": headline(best.hazard),
        "sites": [to_wire(site) for site in dict.fromkeys(best.hazard.core)],
        "test": best.report.nodeid,
        "replay": best.hazard.replay,
        "tests": [
            {
                "nodeid": report.nodeid,
                "cells": list(
                    dict.fromkeys(
                        each.result.cell.label for each in cause.sightings if each.report is report
                    )
                ),
            }
            for report in cause.tests
        ],
    }


def _test(report: StressReport) -> dict[str, Any]:
    """Return what is told of a test: all that the model says of it, but for what is named here."""
    functions, seen = report.instrumented
    hazards = enumerate(result.hazards for result in report.cells)
    return {
        **_without(report, "cells", "not_run", "uninstrumented", "problems", "selector"),
        "instrumented": {"functions": functions, "seen": seen},
        "not_judged": report.not_judged,
        "cells": [_cell(result) for result in report.cells],
        "not_run": [{**to_wire(each.cell), **_without(each, "cell")} for each in report.not_run],
        "hazards": [_hazard(hazard, index) for index, found in hazards for hazard in found],
    }


def _cell(result: CellResult) -> dict[str, Any]:
    explored = result.cell.kind == "explored"
    return {
        **to_wire(result.cell),
        **_without(result, "cell", "hazards", "costs"),
        "added_nothing": max(result.schedules - result.distinct, 0) if explored else 0,
    }


def _hazard(hazard: Hazard, cell: int) -> dict[str, Any]:
    symptom = hazard.symptom
    return {
        **_without(hazard, "sites", "states", "symptom"),
        "cell": cell,
        "symptom": None if symptom is None else dict(zip(SYMPTOM, symptom, strict=True)),
        "sites": [{**to_wire(use.site), **_without(use, "site")} for use in hazard.sites],
        "states": [_without(state, "awaits") for state in hazard.states],
    }


def _without(noun: Any, *names: str) -> dict[str, Any]:
    """Return a noun of the model as plain data, without some of its fields."""
    kept = (field.name for field in fields(noun) if field.name not in names)
    return {name: to_wire(getattr(noun, name)) for name in kept}
