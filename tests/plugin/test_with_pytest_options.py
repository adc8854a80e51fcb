"""Options that people know keep their meaning under stress."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from .conftest import EXPLORED_ONLY, RACY, Run

TWO = f"""{RACY}
@pytest.mark.threadsafe
def test_other(): pass

@pytest.mark.threadsafe
def test_shows_everything(capsys): print("printed")
"""


@pytest.mark.parametrize("option", ["-x", "--maxfail=1"])
def test_the_first_hazard_stops_the_run(run: Callable[..., Run], option: str) -> None:
    found = run(TWO, *EXPLORED_ONLY, option)
    found.result.assert_outcomes(failed=1)
    assert list(found.of) == ["test_racy"]


def test_last_failed_reruns_exactly_what_had_a_hazard(run: Callable[..., Run]) -> None:
    run(TWO, *EXPLORED_ONLY).result.assert_outcomes(failed=1, passed=2)
    found = run("", *EXPLORED_ONLY, "--lf")
    found.result.assert_outcomes(failed=1)
    assert list(found.of) == ["test_racy"]


def test_collecting_only_stresses_nothing(run: Callable[..., Run]) -> None:
    found = run(TWO, *EXPLORED_ONLY, "--collect-only", "-q")
    assert found.ret == 0
    assert found.of == {}
    assert "::test_racy" in found.out


def test_quiet_shows_failures_but_no_summary(run: Callable[..., Run]) -> None:
    found = run(TWO, *EXPLORED_ONLY, "-q")
    assert "lost update on Counter.value" in found.out
    assert "= concurrency =" not in found.out
    assert "concurrency: threads" not in found.out


def test_the_normal_summary(run: Callable[..., Run]) -> None:
    found = run(TWO, *EXPLORED_ONLY)
    found.result.stdout.fnmatch_lines(
        [
            "concurrency: threads 2; processes 2; 30 schedules, strategy auto; seed from *",
            "*= concurrency =*",
            "*::test_racy*FAIL*",
            "cause 1: lost update on Counter.value *",
            "2 tests stressed: 1 cause in 1 test, 1 clean (1 every interleaving), 1 not",
        ]
    )
    assert "instrumented" not in found.out


def test_verbose_gives_reasons_and_cells(run: Callable[..., Run]) -> None:
    found = run(TWO, *EXPLORED_ONLY, "-v")
    text = " ".join(found.out.split())
    assert "test_shows_everything: copies of it cannot run at once: they would share" in text
    assert re.search(r"explored 2T: \d+ schedules, \d+ distinct, (all \d+|the only) schedule", text)


def test_strict_markers(run: Callable[..., Run]) -> None:
    source = f"""{RACY}
@pytest.mark.thread_unsafe(reason="why not")
@pytest.mark.parallel_threads(2)
@pytest.mark.iterations(2)
def test_other(): pass
"""
    run(source, *EXPLORED_ONLY, "--strict-markers").result.assert_outcomes(failed=1, passed=1)


def test_without_the_cache(run: Callable[..., Run]) -> None:
    run(RACY, *EXPLORED_ONLY, "-p", "no:cacheprovider").result.assert_outcomes(failed=1)


def test_setup_show_shows_the_ordinary_set_up_only(run: Callable[..., Run]) -> None:
    found = run(RACY, *EXPLORED_ONLY, "--setup-show", "-s")
    found.result.assert_outcomes(failed=1)
    assert found.out.count("SETUP    F counter") == 1
    assert found.out.count("TEARDOWN F counter") == 1


def test_no_output_of_the_stress_phase_gets_out(run: Callable[..., Run]) -> None:
    source = """
        import pytest

        @pytest.mark.threadsafe
        def test_talks(): print("a word")
    """
    assert run(source, *EXPLORED_ONLY, "-s").out.count("a word") == 1
    assert run(source, *EXPLORED_ONLY, "-rP").out.count("a word") == 1


def test_switched_off_by_its_entry_point(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_plain(): pass")
    result = pytester.runpytest_subprocess("-p", "no:concurrency_stress", "--help")
    assert "--concurrency-stress" not in result.stdout.str()
    assert result.ret == 0
