"""One cause in two tests: told in full once, named in each, whoever runs them."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest

from pytest_concurrency.report.json import schema

from .conftest import COUNTER, EXPLORED_ONLY

TWO = f"""{COUNTER}
@pytest.mark.threadsafe
def test_first(counter):
    counter.increment()

@pytest.mark.threadsafe
def test_second(counter):
    counter.increment()

@pytest.mark.threadsafe
def test_third(counter):
    pass
"""
HEADLINE = "lost update on Counter.value (test_it.py:8 and test_it.py:9)"


@pytest.mark.parametrize("workers", [[], ["-n1"]], ids=["plain", "n1"])
def test_it_is_told_once_and_named_twice(pytester: pytest.Pytester, workers: list[str]) -> None:
    pytester.makepyfile(test_it=TWO)
    files = ["--junitxml=junit.xml", "--concurrency-json=report.json"]
    result = pytester.runpytest_subprocess(*EXPLORED_ONLY, *workers, *files)
    result.assert_outcomes(failed=2, passed=1)
    result.stdout.fnmatch_lines(
        [
            "*_ test_first _*",
            HEADLINE,
            "Cause 1, in 2 tests",
            "What ran, from top to bottom *",
            "*_ test_second _*",
            HEADLINE,
            "Cause 1, above: it is told in the failure of test_it.py::test_first",
            "*= concurrency =*",
            "test_it.py::test_first *FAIL* 1",
            "test_it.py::test_second *FAIL* 1",
            "cause 1: lost update on Counter.value (test_it.py:8 and test_it.py:9), in 2",
            "3 tests stressed: 1 cause in 2 tests, 1 clean (1 every interleaving), * s",
            f"FAILED test_it.py::test_first - {HEADLINE[:30]}*",
        ]
    )
    assert result.stdout.str().count("What ran, from top to bottom") == 1
    cases = list(ElementTree.parse(pytester.path / "junit.xml").iter("failure"))
    assert ["What ran, from top to bottom" in (case.text or "") for case in cases] == [True, True]
    document = json.loads(Path("report.json").read_text())
    jsonschema.validate(document, schema(), jsonschema.Draft202012Validator)
    (cause,) = document["causes"]
    assert [test["nodeid"] for test in cause["tests"]] == [
        "test_it.py::test_first",
        "test_it.py::test_second",
    ]


def test_one_that_fails_alone_tells_it_itself(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_it=TWO)
    result = pytester.runpytest_subprocess(*EXPLORED_ONLY, "-k", "second", "-q")
    result.stdout.fnmatch_lines(["*_ test_second _*", HEADLINE, "What ran, *"])
    result.stdout.no_fnmatch_line("Cause 1*")


def test_what_does_not_fail_the_run_has_no_section_to_refer_to(pytester: pytest.Pytester) -> None:
    marked = "@pytest.mark.threadsafe\ndef test_first"
    pytester.makepyfile(test_it=TWO.replace(marked, "def test_first"))
    result = pytester.runpytest_subprocess(*EXPLORED_ONLY, "--concurrency-select=all")
    result.assert_outcomes(failed=1, passed=2)
    result.stdout.fnmatch_lines(["*_ test_second _*", "Cause 1, in 2 tests*", "What ran, *"])
    result.stdout.no_fnmatch_line("*does not fail the run*")
