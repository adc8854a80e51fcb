"""Hazards that are known: they fail nothing, hide nothing, and are told to who asks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import EXPLORED_ONLY, Run

CACHE = """
import pytest

class Cache:
    def __init__(self):
        self.hits = 0
        self.size = 0

    def get(self):
        self.hits += 1

    def put(self):
        self.size += 1

@pytest.fixture
def cache():
    return Cache()
"""
IGNORED = '@pytest.mark.threadsafe(ignore=["lost-update Cache.hits: statistics only"])'
HITS = f"""{CACHE}
{IGNORED}
def test_get(cache):
    cache.get()
"""
BOTH = f"""{CACHE}
@pytest.mark.threadsafe
def test_get(cache):
    cache.get()

@pytest.mark.threadsafe
def test_put(cache):
    cache.put()
"""
BASELINE = "--concurrency-baseline=known.txt"
UPDATE = "--concurrency-update-baseline"


def test_an_ignored_hazard_fails_nothing(run: Callable[..., Run]) -> None:
    found = run(HITS, *EXPLORED_ONLY, "--concurrency-processes=none", "--concurrency-json=r.json")
    found.result.assert_outcomes(passed=1)
    report = found.of["test_get"]
    assert (report.outcome, report.has_errors) == ("passed", False)
    assert [result.outcome for result in report.cells] == ["clean", "clean"]
    assert "statistics only" not in found.out
    (test,) = json.loads(Path("r.json").read_text())["tests"]
    by = "lost-update Cache.hits: statistics only"
    assert {**test["hazards"][0]["accepted"]} == {"by": by, "reason": "statistics only"}


def test_it_is_told_to_who_asks(run: Callable[..., Run]) -> None:
    found = run(HITS, *EXPLORED_ONLY, "-v")
    told = " ".join(found.out.split())
    assert "accepted: lost update on Cache.hits (test_it.py:9)" in told
    assert "test_it.py::test_get: statistics only" in told
    assert "accepts nothing" not in told


def test_it_hides_no_other_bug(run: Callable[..., Run]) -> None:
    body = "def test_both(cache):\n    cache.get()\n    cache.put()\n"
    found = run(f"{CACHE}\n{IGNORED}\n{body}", *EXPLORED_ONLY)
    found.result.assert_outcomes(failed=1)
    errors = {hazard.location for hazard in found.of["test_both"].hazards if hazard.is_error}
    assert errors == {"Cache.size"}


def test_neither_does_it_in_jobs(run: Callable[..., Run]) -> None:
    body = "def test_both(cache):\n    cache.get()\n    cache.put()\n"
    found = run(f"{CACHE}\n{IGNORED}\n{body}", *EXPLORED_ONLY, "--concurrency-jobs=2")
    errors = {hazard.location for hazard in found.of["test_both"].hazards if hazard.is_error}
    assert errors == {"Cache.size"}


def test_a_failure_at_full_speed_is_accepted_with_what_it_comes_from(
    run: Callable[..., Run],
) -> None:
    source = f"""{CACHE}
import time
{IGNORED}
def test_get(cache, concurrency):
    def get():
        before = cache.hits
        time.sleep(0.001)
        cache.hits = before + 1
    concurrency.run(get)
    assert cache.hits == concurrency.count
"""
    found = run(source, "--concurrency-stress", "--concurrency-threads=2", "--concurrency-runs=4")
    found.result.assert_outcomes(passed=1)
    report = found.of["test_get"]
    free = [each for each in report.cells if each.cell.kind == "free-running"]
    assert free[0].hazards
    assert free[0].outcome == "clean"


def test_patterns_in_the_ini_file(run: Callable[..., Run], pytester: pytest.Pytester) -> None:
    pytester.makeini(
        "[pytest]\nconcurrency_ignore =\n    lost-update Cache.*: it counts only\n    deadlock: x\n"
    )
    found = run(BOTH, *EXPLORED_ONLY, "-v")
    found.result.assert_outcomes(passed=2)
    assert "accepts nothing that was found: deadlock: x" in found.out
    part = run("", *EXPLORED_ONLY, "-v", "-k", "get")
    assert "accepts nothing that was found" not in part.out


def test_those_of_a_class_and_of_a_test_add_up(run: Callable[..., Run]) -> None:
    source = f"""{CACHE}
{IGNORED}
class TestIt:
    @pytest.mark.threadsafe(ignore=["lost-update Cache.size: estimated"])
    def test_both(self, cache):
        cache.get()
        cache.put()
"""
    found = run(source, *EXPLORED_ONLY)
    found.result.assert_outcomes(passed=1)
    accepted = {hazard.location: hazard.accepted for hazard in found.of["test_both"].hazards}
    assert {where: by.reason for where, by in accepted.items() if by is not None} == {
        "Cache.hits": "statistics only",
        "Cache.size": "estimated",
    }


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ('["lost-updates: x"]', "got 'lost-updates: x', expected a kind as its first word: crash"),
        ('["deadlock"]', "got 'deadlock', expected \"KIND LOCATION: REASON\""),
        ('"deadlock: x"', "threadsafe(ignore='deadlock: x'): expected a list of"),
    ],
)
def test_a_bad_pattern_of_a_marker_is_one_line(
    pytester: pytest.Pytester, given: str, told: str
) -> None:
    pytester.makepyfile(
        f"import pytest\n@pytest.mark.threadsafe(ignore={given})\ndef test_x(): pass\n"
    )
    result = pytester.runpytest_inprocess("--concurrency-stress")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    (line,) = [line for line in result.errlines if line]
    assert told in line


@pytest.mark.parametrize("bad", ["lost-updates: x", "deadlock"])
def test_a_bad_pattern_of_the_ini_file_is_one_line(pytester: pytest.Pytester, bad: str) -> None:
    pytester.makeini(f"[pytest]\nconcurrency_ignore = {bad}\n")
    result = pytester.runpytest_inprocess("--concurrency-stress")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    (line,) = [line for line in result.errlines if line]
    assert f"ini option concurrency_ignore: got '{bad}', expected " in line


def test_kinds_of_other_packages_may_be_named(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        "from pytest_concurrency.kinds import Kind\n"
        "class Nothing:\n"
        "    kinds = (Kind('bad-luck', 'bad luck', 'it is bad'),)\n"
        "    is_warning = False\n"
        "    def findings(self, observation, asked):\n"
        "        return ()\n"
        "def pytest_concurrency_detectors(config):\n"
        "    return [Nothing()]\n"
    )
    pytester.makeini("[pytest]\nconcurrency_ignore = bad-luck: it may\n")
    pytester.makepyfile("def test_x(): pass")
    assert pytester.runpytest_inprocess("--concurrency-stress").ret == pytest.ExitCode.OK


# -- the baseline ----------------------------------------------------------------------------


@pytest.fixture
def known(run: Callable[..., Run]) -> str:
    """The baseline of ``BOTH``, which is there then."""
    found = run(BOTH, *EXPLORED_ONLY, BASELINE, UPDATE)
    found.result.assert_outcomes(passed=2)
    assert "known hazards are in known.txt now" in found.out
    return Path("known.txt").read_text()


Changed = Callable[..., pytest.RunResult]


@pytest.fixture
def changed(pytester: pytest.Pytester) -> Changed:
    """Run pytest on a changed file, in a process that has not instrumented it before."""

    def changed(source: str, *args: str) -> pytest.RunResult:
        if source:
            pytester.makepyfile(test_it=source)
        return pytester.runpytest_subprocess(*EXPLORED_ONLY, BASELINE, *args)

    return changed


MENDED = BOTH.replace("self.hits += 1", "self.hits = 1")


def test_what_is_known_does_not_fail_and_what_is_new_does(changed: Changed, known: str) -> None:
    assert "lost-update Cache.hits\n  at test_it.py, Cache.get: self.hits += 1\n" in known
    changed("").assert_outcomes(passed=2)
    moved = f"# one line more\n{BOTH}\n@pytest.mark.threadsafe\n"
    found = changed(f"{moved}def test_new(cache):\n    cache.hits = cache.hits + 1\n")
    found.assert_outcomes(passed=2, failed=1)
    found.stdout.fnmatch_lines(["FAILED test_it.py::test_new - lost update on Cache.hits *"])
    found.stdout.no_fnmatch_line("not found any more*")
    assert Path("known.txt").read_text() == known


@pytest.mark.usefixtures("known")
def test_what_is_not_found_any_more_is_named(changed: Changed) -> None:
    found = changed(MENDED)
    found.assert_outcomes(passed=2)
    found.stdout.fnmatch_lines(
        [
            "not found any more: lost-update Cache.hits",
            "--concurrency-update-baseline takes that out of known.txt",
        ]
    )
    found.stdout.no_fnmatch_line("*Cache.size*any more*")
    changed("", UPDATE).assert_outcomes(passed=2)
    text = Path("known.txt").read_text()
    assert "Cache.hits" not in text
    assert "Cache.size" in text


@pytest.mark.parametrize(
    "selected", ["-k=put", "test_it.py::test_put", "--deselect=test_it.py::test_get"]
)
def test_what_was_not_run_has_not_vanished(changed: Changed, known: str, selected: str) -> None:
    found = changed(MENDED, selected, UPDATE)
    found.assert_outcomes(passed=1, deselected=0 if "::test_put" in selected else 1)
    assert Path("known.txt").read_text() == known
    changed("", selected).stdout.no_fnmatch_line("not found any more*")


@pytest.mark.usefixtures("known")
def test_tests_that_are_gone_have_taken_their_hazards_along(changed: Changed) -> None:
    renamed = BOTH.replace("test_get", "test_other").replace("cache.get()", "pass")
    changed(renamed).stdout.fnmatch_lines(["not found any more: lost-update Cache.hits"])
    Path("test_it.py").unlink()
    Path("test_more.py").write_text("def test_x(): pass\n")
    lines = changed("", "--concurrency-select=all").outlines
    assert sum(line.startswith("not found any more: ") for line in lines) == 2


def test_xdist_merges_in_the_controller(
    pytester: pytest.Pytester, run: Callable[..., Run], known: str
) -> None:
    Path("known.txt").unlink()
    pytester.makepyfile(test_it=BOTH)
    options = (*EXPLORED_ONLY, BASELINE, "-n2", "-v")
    pytester.runpytest_subprocess(*options, UPDATE).assert_outcomes(passed=2)
    assert Path("known.txt").read_text() == known
    pytester.runpytest_subprocess(*options).assert_outcomes(passed=2)
    pytester.makepyfile(test_it=BOTH.replace("test_get", "test_other").replace(".get()", ".put()"))
    result = pytester.runpytest_subprocess(*options)
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["not found any more: lost-update Cache.hits"])


def test_a_missing_or_corrupt_baseline_is_one_line(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_x(): pass")
    for text, told in (
        (None, "there is no file *known.txt; --concurrency-update-baseline makes it"),
        ("", "*known.txt:1: got '', expected 'baseline 1'"),
    ):
        if text is not None:
            Path("known.txt").write_text(text)
        result = pytester.runpytest_inprocess("--concurrency-stress", BASELINE)
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines([f"ERROR: --concurrency-baseline: {told}"])
    result = pytester.runpytest_inprocess("--concurrency-stress", UPDATE)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --concurrency-update-baseline: which file? *"])


def test_the_ini_file_may_name_it(
    run: Callable[..., Run], pytester: pytest.Pytester, known: str
) -> None:
    pytester.makeini("[pytest]\nconcurrency_baseline = known.txt\n")
    run("", *EXPLORED_ONLY).result.assert_outcomes(passed=2)
    pytester.makepyfile(test_it=BOTH)
    assert pytester.runpytest_inprocess("-q").ret == pytest.ExitCode.OK


@pytest.mark.usefixtures("known")
def test_who_replays_wants_to_see_it(run: Callable[..., Run]) -> None:
    found = run("", *EXPLORED_ONLY, BASELINE)
    replay = f"--concurrency-replay={found.token('test_get')}"
    run("", BASELINE, replay, "test_it.py::test_get").result.assert_outcomes(failed=1)
