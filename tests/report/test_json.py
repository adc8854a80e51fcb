from __future__ import annotations

import json
import os
import platform
import stat
import subprocess
import sys
import threading
from dataclasses import replace
from operator import attrgetter
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError
from report_samples import DEADLOCK, FREE_FAILURE, LOST_UPDATE, patient, report, reports, session

from pytest_concurrency import __version__, kinds, model
from pytest_concurrency.model import Cell, CellResult, StressReport
from pytest_concurrency.report.json import Session, build_document, schema, system_name, write

TEST = "tests/test_counter.py::test_increment"
validator = Draft202012Validator(schema())


def test_the_system_is_named_without_a_program_of_its_own() -> None:
    asked = """
import sys
started = []
sys.addaudithook(lambda event, args: started.append(args) if "Popen" in event else None)
from pytest_concurrency.report.json import Session
print(started, Session().platform)
"""
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert told.stdout == f"[] {system_name()}\n"
    assert system_name().startswith(platform.system())


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(schema())


def test_a_real_document_says_what_the_design_promises() -> None:
    document = build_document(session(report(LOST_UPDATE, free=(FREE_FAILURE,))), Session("7"))
    validator.validate(document)
    assert document["schema_version"] == 2
    assert document["tool"] == {"name": "pytest-concurrency", "version": __version__}
    assert document["seed"] == "7"
    (test,) = document["tests"]
    assert (test["nodeid"], test["gated"]) == ("tests/test_counter.py::test_increment", True)
    assert test["isolation"]["verdict"] == "hidden"
    assert [cell["kind"] for cell in test["cells"]] == [
        "serial",
        "explored",
        "free-running",
        "processes",
    ]
    lost, failure = test["hazards"]
    assert (lost["kind"], lost["location"], lost["cell"]) == ("lost-update", "Counter.value", 1)
    assert (failure["kind"], failure["cell"], failure["failures"]) == ("test-failure", 2, 3)
    assert lost["replay"] == LOST_UPDATE.replay
    assert lost["sites"][1] == {
        "path": "src/counter.py",
        "line": 8,
        "column": 8,
        "function": "Counter.increment",
        "source": "self.value = current + 1",
        "thread": 2,
        "op": "write",
    }
    assert [access["value"] for access in lost["timeline"]] == ["0", "0", "1", "1"]


def test_a_cause_names_the_tests_and_cells_that_show_it() -> None:
    other = report(replace(LOST_UPDATE, threads=4), DEADLOCK, nodeid="tests/test_more.py::test_x")
    document = build_document(session(report(LOST_UPDATE, free=(FREE_FAILURE,)), other), Session())
    validator.validate(document)
    lost, deadlock = document["causes"]
    assert (lost["number"], lost["kind"], lost["location"]) == (1, "lost-update", "Counter.value")
    assert (lost["test"], lost["replay"]) == (TEST, LOST_UPDATE.replay)
    assert lost["tests"] == [
        {"nodeid": TEST, "cells": ["explored 2T", "free 4T"]},
        {"nodeid": "tests/test_more.py::test_x", "cells": ["explored 2T"]},
    ]
    assert [site["line"] for site in lost["sites"]] == [7, 8]
    assert deadlock["number"] == 2


def test_states_of_a_deadlock() -> None:
    (test,) = build_document(session(report(DEADLOCK)), Session())["tests"]
    first, second = test["hazards"][0]["states"]
    assert first["holds"] == ["lock Account('a').lock"]
    assert len(first["stack"]) == 2
    assert second["site"]["line"] == 12


@patient
@given(st.lists(reports, max_size=3, unique_by=attrgetter("nodeid")), st.text())
def test_every_document_is_valid(some: list[StressReport], seed: str) -> None:
    document = build_document(session(*some), Session(seed))
    validator.validate(json.loads(json.dumps(document)))
    assert len(document["tests"]) == len(some)
    for test, stressed in zip(document["tests"], some, strict=True):
        assert len(test["hazards"]) == len(stressed.hazards)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["schema_version"], 1),
        (["tests", 0, "outcome"], "broken"),
        (["tests", 0, "cells", 1, "kind"], "parallel"),
        (["tests", 0, "cells", 1, "seconds"], "0.1"),
        (["tests", 0, "isolation"], {"verdict": "hidden"}),
        (["tests", 0, "hazards", 0, "kind"], "race"),
        (["tests", 0, "hazards", 0, "cell"], -1),
        (["tests", 0, "hazards", 0, "sites", 0], {"path": "a.py", "line": 1, "thread": 1}),
        (["tests", 0, "hazards", 0, "timeline", 0, "site"], None),
    ],
)
def test_the_schema_rejects_what_is_wrong(path: list[str | int], value: object) -> None:
    document = build_document(session(report(LOST_UPDATE)), Session())
    inner = document
    for key in path[:-1]:
        inner = inner[key]  # type: ignore[index]
    inner[path[-1]] = value  # type: ignore[index]
    with pytest.raises(ValidationError):
        validator.validate(document)


def test_the_schema_knows_the_words_of_the_model() -> None:
    definitions = schema()["$defs"]
    for found, expected in [
        (definitions["cell"]["properties"]["kind"], model.CellKind),
        (definitions["cell"]["properties"]["outcome"], model.CellOutcome),
        (definitions["hazard"]["properties"]["kind"], kinds.HazardKind),
        (definitions["access"]["properties"]["op"], model.Operation),
        (
            definitions["test"]["properties"]["isolation"]["properties"]["verdict"],
            model.IsolationVerdict,
        ),
        (definitions["hazard"]["properties"]["gil"], get_type_hints(model.Hazard)["gil"]),
    ]:
        assert found["enum"] == list(get_args(expected))


def test_every_key_is_described() -> None:
    document = build_document(session(report(LOST_UPDATE, DEADLOCK)), Session())
    (test,) = document["tests"]
    definitions = schema()["$defs"]
    for name, shown in [
        ("cause", document["causes"][0]),
        ("test", test),
        ("cell", test["cells"][0]),
        ("hazard", test["hazards"][0]),
        ("access", test["hazards"][0]["timeline"][0]),
        ("state", test["hazards"][1]["states"][0]),
    ]:
        assert set(shown) == set(definitions[name]["properties"])


def test_write_replaces_the_old_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "new" / "report.json"
    write(path, {"a": 1})
    write(path, {"a": "\ud800 é"})
    assert json.loads(path.read_text(encoding="utf-8")) == {"a": "\ud800 é"}
    assert os.listdir(path.parent) == ["report.json"]
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask


def test_a_failed_write_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "report.json"
    write(path, {"a": 1})

    def fail(self: Path, target: Path) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write(path, {"a": 2})
    assert json.loads(path.read_text()) == {"a": 1}
    assert os.listdir(tmp_path) == ["report.json"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=write, args=(path, {"a": 1}), daemon=True)
    writer.start()
    assert json.loads(path.read_text()) == {"a": 1}
    writer.join()
    assert path.is_fifo()


def test_executions_that_added_nothing_are_counted() -> None:
    serial = CellResult(Cell("serial"), "clean", 2, 2)
    explored = CellResult(Cell("explored", 2), "clean", 60, 200, 40)
    (test,) = build_document(session(report(cells=(serial, explored))), Session())["tests"]
    assert [cell["added_nothing"] for cell in test["cells"]] == [0, 20]
