"""The JSON report: version 2 of the document that ``report.schema.json`` describes."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pytest_concurrency import __version__
from pytest_concurrency._compat import gil_enabled
from pytest_concurrency.kinds import KINDS
from pytest_concurrency.model import Access, CellResult, Hazard, Site, StressReport, ThreadState

SCHEMA_VERSION = 2


def build_document(reports: Iterable[StressReport], *, seed: str) -> dict[str, Any]:
    """Build the document of a session; an empty ``seed`` means: derived from the tests' ids."""
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "pytest-concurrency", "version": __version__},
        "python": platform.python_version(),
        "gil": gil_enabled(),
        "platform": platform.platform(),
        "seed": seed,
        "tests": [_test(report) for report in reports],
    }


def write(path: Path, document: dict[str, Any]) -> None:
    """Write a document so that readers see either the old file or the whole new one."""
    text = json.dumps(document, indent=2) + "\n"
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


def _test(report: StressReport) -> dict[str, Any]:
    functions, seen = report.instrumented
    return {
        "nodeid": report.nodeid,
        "gated": report.gated,
        "outcome": report.outcome,
        "reason": report.reason,
        "seed": report.seed,
        "seconds": report.seconds,
        "instrumented": {"functions": functions, "seen": seen},
        "entered": report.entered,
        "unseen": [
            {"package": each.package, "functions": each.functions, "on_purpose": each.on_purpose}
            for each in report.unseen
        ],
        "not_judged": report.not_judged,
        "notes": list(report.notes),
        "cells": [_cell(result) for result in report.cells],
        "isolation": {
            "verdict": report.isolation.verdict,
            "reason": report.isolation.reason,
        },
        "hazards": [
            _hazard(hazard, index)
            for index, result in enumerate(report.cells)
            for hazard in result.hazards
        ],
    }


def _cell(result: CellResult) -> dict[str, Any]:
    return {
        "kind": result.cell.kind,
        "threads": result.cell.threads,
        "processes": result.cell.processes,
        "strategy": result.strategy,
        "schedules": result.schedules,
        "planned": result.planned,
        "distinct": result.distinct,
        "exhausted": result.exhausted,
        "covered": result.covered,
        "preemption_bound": result.preemption_bound,
        "outcome": result.outcome,
        "control": result.control,
        "own_fixtures": result.own_fixtures,
        "seconds": result.seconds,
        "reason": result.reason,
        "notes": list(result.notes),
    }


def _hazard(hazard: Hazard, cell: int) -> dict[str, Any]:
    return {
        "kind": hazard.kind,
        "location": hazard.location,
        "message": hazard.message,
        "cell": cell,
        "sites": [{**_site(use.site), "thread": use.thread, "op": use.op} for use in hazard.sites],
        "severity": hazard.severity,
        "gil": hazard.gil,
        "preemptions": hazard.preemptions,
        "schedule_index": hazard.schedule_index,
        "failures": hazard.failures,
        "threads": hazard.threads,
        "replay": hazard.replay,
        "timeline": [_access(access) for access in hazard.timeline],
        "states": [_state(state) for state in hazard.states],
        "detail": hazard.detail,
        "note": hazard.note,
    }


def _site(site: Site) -> dict[str, Any]:
    return {
        "path": site.path,
        "line": site.line,
        "column": site.column,
        "function": site.function,
        "source": site.source,
    }


def _access(access: Access) -> dict[str, Any]:
    return {
        "thread": access.thread,
        "step": access.step,
        "op": access.op,
        "location": access.location,
        "method": access.method,
        "value": access.value,
        "highlighted": access.highlighted,
        "site": _site(access.site),
    }


def _state(state: ThreadState) -> dict[str, Any]:
    return {
        "thread": state.thread,
        "name": state.name,
        "waits_for": state.waits_for,
        "holds": list(state.holds),
        "site": None if state.site is None else _site(state.site),
        "stack": [_site(site) for site in state.stack],
    }
