"""The JSON report read back: all that it says, as the model's nouns."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, NamedTuple

from pytest_concurrency.model import (
    Cell,
    CellResult,
    Hazard,
    NotRun,
    SiteUse,
    StressReport,
    ThreadState,
)
from pytest_concurrency.report.json import SCHEMA_VERSION, SYMPTOM, TOOL, Session
from pytest_concurrency.report.wire import from_wire


class Read(NamedTuple):
    """A report that was read."""

    name: str
    """How it was called."""
    session: Session
    reports: tuple[StressReport, ...]


def read(name: str) -> Read:
    """Read the file of this name; raises ``ValueError``, which says in one line what is wrong."""
    try:
        document = json.loads(Path(name).read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"{name}: {error.strerror}") from None
    except ValueError:
        raise ValueError(
            f"{name}: not JSON; expected what --concurrency-json has written"
        ) from None
    if not isinstance(document, dict) or _tool_of(document) != TOOL:
        raise ValueError(f"{name}: not a report of {TOOL}, which --concurrency-json writes")
    version = document.get("schema_version")
    if version != SCHEMA_VERSION:
        raise ValueError(f"{name}: schema version {version!r}, expected {SCHEMA_VERSION}")
    try:
        return Read(name, _session(document), tuple(map(_report, document["tests"])))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"{name}: damaged ({type(error).__name__}: {error})") from None


def _tool_of(document: dict[str, Any]) -> object:
    tool = document.get("tool")
    return tool.get("name") if isinstance(tool, dict) else None


def _session(document: dict[str, Any]) -> Session:
    shards = document["shards"]
    told = {name: document[name] for name in ("seed", "python", "gil", "platform")}
    told |= {"shards": shards["run"], "of": shards["of"], "version": document["tool"]["version"]}
    return from_wire(told, Session)


def _report(test: dict[str, Any]) -> StressReport:
    """Return the report of a test; what only its own session has use for is not in the document."""
    instrumented = test["instrumented"]
    found = [(each["cell"], _hazard(each)) for each in test["hazards"]]
    cells = [
        {
            **_taken(each, CellResult, but=("cell", "hazards", "costs")),
            "cell": _taken(each, Cell),
            "hazards": [hazard for cell, hazard in found if cell == index],
            "costs": None,
        }
        for index, each in enumerate(test["cells"])
    ]
    not_run = [
        {**_taken(each, NotRun, but=("cell",)), "cell": _taken(each, Cell)}
        for each in test["not_run"]
    ]
    own = ("instrumented", "cells", "not_run", "uninstrumented", "problems", "selector")
    return from_wire(
        {
            **_taken(test, StressReport, but=own),
            "instrumented": [instrumented["functions"], instrumented["seen"]],
            "cells": cells,
            "not_run": not_run,
            "uninstrumented": [],
            "problems": [],
            "selector": "",
        }
    )


def _hazard(data: dict[str, Any]) -> dict[str, Any]:
    symptom = data["symptom"]
    sites = [
        {**_taken(each, SiteUse, but=("site",)), "site": _rest(each, SiteUse)}
        for each in data["sites"]
    ]
    return {
        **_taken(data, Hazard, but=("sites", "states", "symptom")),
        "sites": sites,
        "states": [
            {**_taken(e, ThreadState, but=("awaits",)), "awaits": ""} for e in data["states"]
        ],
        "symptom": None if symptom is None else [symptom[name] for name in SYMPTOM],
    }


def _taken(data: dict[str, Any], noun: type[Any], *, but: Sequence[str] = ()) -> dict[str, Any]:
    """Return of ``data`` what fields of a noun are called, without those that are told otherwise;
    raises ``KeyError`` where one is missing."""
    return {each.name: data[each.name] for each in fields(noun) if each.name not in but}


def _rest(data: dict[str, Any], noun: type[Any]) -> dict[str, Any]:
    known = {each.name for each in fields(noun)}
    return {name: value for name, value in data.items() if name not in known}
