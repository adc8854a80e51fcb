"""What needs free-threaded Python is told as that, and set aside if that is asked for."""

from __future__ import annotations

from collections.abc import Callable

from pytest_concurrency.stress.unchecked import SET_ASIDE

from .conftest import COUNTER, EXPLORED_ONLY, Run

SOURCE = f"""{COUNTER}
    def by_call(self):
        self.value = self.more(self.value)

    def more(self, value):
        return value + 1

@pytest.mark.threadsafe
def test_never(concurrency):
    concurrency.run(Counter().increment)

@pytest.mark.threadsafe
def test_can(concurrency):
    concurrency.run(Counter().by_call)
""".replace("@pytest.fixture\ndef counter():\n    return Counter()\n", "", 1)


def test_both_kinds_fail_and_are_told_apart(run: Callable[..., Run]) -> None:
    found = run(SOURCE, *EXPLORED_ONLY)
    found.result.assert_outcomes(failed=2)
    assert [hazard.gil for hazard in found.of["test_never"].hazards] == ["free-threaded-only"]
    assert [hazard.gil for hazard in found.of["test_can"].hazards] == ["reachable"]
    words = " ".join(found.out.split())
    assert "It needs free-threaded Python." in words
    assert "It can happen with the GIL." in words


def test_what_needs_free_threaded_python_can_be_set_aside(run: Callable[..., Run]) -> None:
    found = run(SOURCE, *EXPLORED_ONLY, "--concurrency-gil-only")
    found.result.assert_outcomes(passed=1, failed=1)
    report = found.of["test_never"]
    (hazard,) = report.hazards
    assert (hazard.severity, hazard.note, report.outcome) == ("note", SET_ASIDE, "passed")
    assert [each.outcome for each in report.cells] == ["clean", "clean"]
    assert found.of["test_can"].outcome == "failed"


def test_a_replay_tells_the_same(run: Callable[..., Run]) -> None:
    token = run(SOURCE, *EXPLORED_ONLY).token("test_never")
    replay = (f"--concurrency-replay={token}", "test_it.py::test_never")
    replayed = run("", *replay)
    assert [hazard.gil for hazard in replayed.of["test_never"].hazards] == ["free-threaded-only"]
    assert run("", *replay, "--concurrency-gil-only").ret == 0
