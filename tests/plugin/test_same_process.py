"""Where there is no fork, and under --pdb: cells run in pytest's own process, and the report says
so.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

import pytest

from pytest_concurrency.stress.item.host import LEAKS_HERE, SHARED

from .conftest import COUNTER, EXPLORED_ONLY, FEW, RACY, Run


@pytest.fixture
def without_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "fork")


@pytest.mark.usefixtures("without_fork")
class TestWithoutFork:
    def test_hazards_are_found_and_replayed(self, run: Callable[..., Run]) -> None:
        found = run(RACY, *EXPLORED_ONLY)
        found.result.assert_outcomes(failed=1)
        report = found.of["test_racy"]
        assert report.hazards[0].location == "Counter.value"
        assert report.notes == (SHARED,)
        assert f"note: {SHARED[:40]}" in run("", *EXPLORED_ONLY, "-v").out
        again = run("", f"--concurrency-replay={found.token()}")
        assert again.ret == 1
        assert again.of["test_racy"].hazards[0].message == report.hazards[0].message

    def test_every_other_cell_is_explained(self, run: Callable[..., Run]) -> None:
        found = run(
            """
            import pytest

            @pytest.mark.threadsafe
            def test_clean(tmp_path): assert tmp_path.exists()
            """,
            "--concurrency-start-method=spawn",
            *FEW,
        )
        found.result.assert_outcomes(passed=1)
        serial, explored, free, processes = found.of["test_clean"].cells
        assert (serial.outcome, explored.outcome, explored.schedules) == ("clean", "clean", 20)
        assert (free.outcome, free.reason) == (
            "skipped",
            "threads at full speed may hang, and need a process of their own",
        )
        assert (processes.outcome, processes.schedules) == ("clean", 1)

    def test_state_that_leaks_is_mentioned(self, run: Callable[..., Run]) -> None:
        found = run(
            """
            import pytest

            class Settings:
                rounds = 0

            @pytest.mark.threadsafe
            def test_leaks():
                Settings.rounds += 1
                if Settings.rounds % 2:
                    Settings.rounds += 2
            """,
            *EXPLORED_ONLY,
        )
        assert found.of["test_leaks"].notes == (SHARED, LEAKS_HERE)

    def test_pytest_goes_on_as_if_nothing_had_happened(self, run: Callable[..., Run]) -> None:
        found = run(
            f"""{COUNTER}
import sys, threading, time

events = []

@pytest.fixture(scope="module")
def wide():
    events.append("wide up")
    yield
    events.append("wide down")

@pytest.fixture
def narrow(wide, tmp_path, request):
    value = object()
    request.addfinalizer(lambda: events.append("finalized"))
    yield value
    events.append("narrow down")

class TestIt:
    @pytest.mark.threadsafe
    def test_one(self, narrow, caplog, capsys, concurrency):
        print("said once")
        self.narrow = narrow
        events.append("ran")
        concurrency.run(lambda: None)

    def test_after(self, narrow, tmp_path, capsys):
        events.append("after")
        print("heard")
        assert capsys.readouterr().out == "heard\\n"
        assert not hasattr(self, "narrow")
        assert type(time.sleep).__name__ == "builtin_function_or_method"
        assert threading.Thread.start.__module__ == "threading"
        assert events.count("wide up") == 1
        # The ordinary run comes first; its fixture is the last to be torn down.
        assert events[:2] == ["wide up", "ran"]
        assert events.count("ran") == events.count("narrow down") == events.count("finalized") > 20
        assert "wide down" not in events
""",
            *EXPLORED_ONLY,
            "-rP",
        )
        found.result.assert_outcomes(passed=2)
        assert found.out.count("said once") == 1

    @pytest.mark.parametrize(
        ("body", "outcome"),
        [("assert 0", "failed"), ("pytest.skip()", "skipped"), ("pytest.xfail()", "xfailed")],
    )
    def test_what_does_not_pass_is_not_stressed(
        self, run: Callable[..., Run], body: str, outcome: str
    ) -> None:
        source = f"import pytest\n@pytest.mark.threadsafe\ndef test_it(): {body}\n"
        found = run(source, *EXPLORED_ONLY)
        found.result.assert_outcomes(**{outcome: 1})
        assert found.of == {}


def test_pdb_opens_where_the_test_failed(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_it=RACY)
    result = pytester.run(
        *(sys.executable, "-m", "pytest", *EXPLORED_ONLY, "--pdb", "-p", "no:cacheprovider"),
        stdin=b"p 'the value is', counter.value\nq\n",
    )
    result.stdout.fnmatch_lines(
        [
            "lost update on Counter.value *",
            "-> assert counter.value == concurrency.count",
            "*('the value is', 1)*",
            "*= concurrency =*",
            "*1 failed*",
        ]
    )
