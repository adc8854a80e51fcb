"""Every schedule starts afresh, and the session's own fixtures notice nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import COUNTER, EXPLORED_ONLY, FEW, Run

NOTED = """
import os
import pytest

main = os.getpid()

def note(text):
    with open(os.environ["NOTES"], "a") as file:
        file.write(f"{'parent' if os.getpid() == main else 'child'} {text}\\n")
"""


@pytest.fixture
def notes(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    path = pytester.path / "notes.txt"
    monkeypatch.setenv("NOTES", str(path))
    return lambda: path.read_text().splitlines()


@pytest.mark.parametrize("scope", ["session", "package", "module", "class"])
def test_wider_fixtures_are_set_up_and_torn_down_once_in_the_parent(
    run: Callable[..., Run], notes: Callable[[], list[str]], scope: str
) -> None:
    found = run(
        f"""{NOTED}
@pytest.fixture(scope="{scope}")
def wide():
    note("wide up")
    yield object()
    note("wide down")

@pytest.fixture
def narrow(wide):
    note("narrow up")
    yield wide
    note("narrow down")

class TestIt:
    @pytest.mark.threadsafe
    def test_one(self, narrow): note("test_one")

    @pytest.mark.threadsafe
    def test_two(self, wide): note("test_two")
""",
        *FEW,
        "--concurrency-start-method=fork",  # others set the wider ones up in each process
    )
    found.result.assert_outcomes(passed=2)
    lines = notes()
    assert [line for line in lines if "wide" in line] == ["parent wide up", "parent wide down"]
    assert lines[0] == "parent wide up"
    assert lines[-1] == "parent wide down"
    ordinary = [line for line in lines if line.startswith("parent") and "wide" not in line]
    assert ordinary == [
        "parent narrow up",
        "parent test_one",
        "parent narrow down",
        "parent test_two",
    ]
    # Each run of the test has a narrow fixture of its own: 2 serial, 1 of copies one after another,
    # 24 where they meet between statements, 20 explored, 2 free, and with processes, which write
    # one file, 2 + 2 and 5 explored.
    assert lines.count("child narrow up") == lines.count("child narrow down") == 59


def test_each_run_of_a_class_has_a_fresh_instance(run: Callable[..., Run]) -> None:
    found = run(
        """
        import pytest

        @pytest.mark.threadsafe
        class TestIt:
            def test_one(self):
                self.__dict__.setdefault("shared", []).append(None)
                assert len(self.shared) <= 2
        """
    )
    found.result.assert_outcomes(passed=1)
    assert found.of["test_one"].isolation.verdict == "clean", found.of


def test_each_run_has_a_fresh_instance_where_there_is_one_copy(run: Callable[..., Run]) -> None:
    found = run(
        """
        import pytest

        @pytest.mark.threadsafe
        class TestIt:
            def test_one(self, concurrency):
                self.__dict__.setdefault("shared", []).append(None)
                concurrency.run(lambda: None)
                assert len(self.shared) == 1
        """
    )
    found.result.assert_outcomes(passed=1)
    assert found.of["test_one"].isolation.verdict == "clean", found.of


def test_mutable_parameters_are_fresh_in_each_run(run: Callable[..., Run]) -> None:
    found = run(
        """
        import pytest

        @pytest.mark.threadsafe
        @pytest.mark.parametrize("items", [[], [1]], ids=["none", "one"])
        def test_it(items):
            items.append(2)
            assert len(items) <= 3
        """
    )
    found.result.assert_outcomes(passed=2)
    assert found.of["test_it[one]"].isolation.verdict == "clean"


def test_a_unittest_class(run: Callable[..., Run]) -> None:
    found = run(
        f"""{COUNTER}
import unittest

@pytest.mark.threadsafe
class TestIt(unittest.TestCase):
    def setUp(self):
        self.counter = Counter()

    def test_racy(self):
        before = self.counter.value
        self.counter.increment()
        self.assertEqual(self.counter.value, before + 1)

    def test_clean(self):
        self.assertIsInstance(self.counter, Counter)

    def test_wrong(self):
        self.fail("always")
""",
        *EXPLORED_ONLY,
    )
    found.result.assert_outcomes(failed=2, passed=1)
    assert found.of["test_racy"].hazards[0].location == "Counter.value"
    assert not found.of["test_clean"].hazards
    assert found.of["test_wrong"].reason == "fails without concurrency: AssertionError: always"


def test_copies_have_their_own_index_and_directory(run: Callable[..., Run], tmp_path: Path) -> None:
    found = run(
        """
        import pytest

        seen = {}

        @pytest.fixture
        def fresh():
            seen.clear()

        @pytest.mark.threadsafe
        def test_it(fresh, tmp_path, thread_index, thread_count, process_index):
            assert 0 <= thread_index < thread_count
            assert list(tmp_path.iterdir()) == []
            (tmp_path / "mine").write_text(f"{thread_index} {process_index}")
            assert seen.setdefault(thread_index, tmp_path) is tmp_path
        """,
        "--concurrency-stress",
        "--concurrency-threads=3",
        "--concurrency-schedules=10",
        "--concurrency-runs=2",
    )
    found.result.assert_outcomes(passed=1)
    assert found.of["test_it"].hazards == ()


def test_fixtures_work_in_a_plain_run(run: Callable[..., Run]) -> None:
    found = run(
        """
        import threading

        def test_it(concurrency, thread_index, thread_count, process_index, iteration_index):
            assert (thread_index, thread_count, process_index, iteration_index) == (0, 1, 0, 0)
            barrier = threading.Barrier(3, timeout=5)
            assert concurrency.run(lambda: 7) == [7, 7]
            assert concurrency.run(barrier.wait, threads=3).count(0) == 1
            assert concurrency.run([lambda: "a", lambda: "b"]) == ["a", "b"]
            assert concurrency.count == 7
        """,
        "-q",
    )
    found.result.assert_outcomes(passed=1)


def test_every_callable_that_raises_is_told(run: Callable[..., Run]) -> None:
    found = run(
        """
        def wrong(): raise ValueError("one")
        def right(): pass
        def late(): raise KeyError("two")

        def test_it(concurrency): concurrency.run([right, wrong, late])
        """,
        "-q",
    )
    found.result.assert_outcomes(failed=1)
    found.result.stdout.fnmatch_lines(
        ["E *ValueError: one", "E *and callable 2 raised KeyError: 'two'"]
    )


@pytest.mark.parametrize("fixture", ["capsys", "capfd", "monkeypatch", "recwarn", "caplog"])
def test_copies_with_process_wide_fixtures_run_normally_only(
    run: Callable[..., Run], fixture: str
) -> None:
    found = run(
        f"""
        import pytest

        @pytest.mark.threadsafe
        def test_it({fixture}): print("ran")
        """,
        *EXPLORED_ONLY,
        "-rP",
    )
    found.result.assert_outcomes(passed=1)
    report = found.of["test_it"]
    assert report.outcome == "skipped"
    assert report.reason == f"copies of it cannot run at once: they would share {fixture}"


def test_what_another_fixture_does_with_one_is_no_reason(run: Callable[..., Run]) -> None:
    found = run(
        """
        import os, pytest

        @pytest.fixture(autouse=True)
        def wrapping(monkeypatch): monkeypatch.setenv("A", "B")

        @pytest.mark.threadsafe
        def test_it(): assert os.environ["A"] == "B"
        """,
        *EXPLORED_ONLY,
    )
    found.result.assert_outcomes(passed=1)
    assert found.of["test_it"].outcome == "passed"


def test_process_wide_fixtures_do_no_harm_to_other_shapes(run: Callable[..., Run]) -> None:
    found = run(
        f"""{COUNTER}
@pytest.mark.threadsafe
def test_racy(counter, concurrency, monkeypatch, capsys):
    monkeypatch.setattr(Counter, "extra", 1, raising=False)
    concurrency.run(counter.increment)
    assert counter.value == concurrency.count
""",
        *EXPLORED_ONLY,
    )
    assert found.of["test_racy"].hazards[0].kind == "lost-update"


def test_a_teardown_that_fails(run: Callable[..., Run]) -> None:
    found = run(
        f"""{COUNTER}
@pytest.fixture
def judged(counter):
    yield counter
    assert counter.value == 2, "lost in teardown"

@pytest.mark.threadsafe
def test_racy(judged, concurrency):
    concurrency.run(judged.increment)

@pytest.fixture
def broken():
    yield
    raise RuntimeError("always in teardown")

@pytest.mark.threadsafe
def test_broken(broken): pass
""",
        *EXPLORED_ONLY,
    )
    assert found.of["test_racy"].hazards[0].kind == "lost-update"
    assert "always in teardown" in found.of["test_broken"].reason
    found.result.assert_outcomes(
        failed=1, passed=1, errors=1 + found.out.count("ERROR at teardown of test_racy")
    )


CHECKED_AT_TEARDOWN = f"""{COUNTER}
@pytest.fixture{{scope}}
def checked():
    used = []
    yield used
    assert used, "the test has done nothing"

@pytest.mark.threadsafe
def test_racy(counter, concurrency, checked):
    checked.append(1)
    concurrency.run(counter.increment)
    assert counter.value == concurrency.count
"""


@pytest.mark.parametrize(("scope", "errors"), [("", 0), ('(scope="module")', 1)])
def test_a_fixture_of_a_body_that_was_not_run_has_nothing_to_check(
    run: Callable[..., Run], scope: str, errors: int
) -> None:
    source = CHECKED_AT_TEARDOWN.format(scope=scope)
    found = run(source, *EXPLORED_ONLY)
    found.result.assert_outcomes(failed=1, errors=errors)


def test_a_fixture_of_a_body_that_was_run_is_heard(run: Callable[..., Run]) -> None:
    source = CHECKED_AT_TEARDOWN.format(scope="")
    source = source.replace("value = self.value\n        self.value = value + 1", "pass")
    source = source.replace("checked.append(1)", "pass").replace("counter.value == ", "0 == 0 * ")
    found = run(source, *EXPLORED_ONLY)
    found.result.assert_outcomes(passed=1, errors=1)
