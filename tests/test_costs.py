"""What threads, processes and messages cost: measured, kept, and told for each test."""

from __future__ import annotations

import json

import pytest

from pytest_concurrency.__main__ import main
from pytest_concurrency.costs import figures
from pytest_concurrency.costs.figures import (
    Figures,
    completed,
    from_json,
    measured_apart,
    pays_from,
    to_json,
)
from pytest_concurrency.costs.measure import message, processes_start, threads_start
from pytest_concurrency.costs.program import lines
from pytest_concurrency.model import Costs, Start
from pytest_concurrency.model.costs import NEVER_SECONDS, duration
from pytest_concurrency.stress.cells.costing import Costing, Work
from pytest_concurrency.stress.children.child import fork_quietly

FIGURES = Figures({"threads": 1e-4, "fork": 3e-3, "spawn": 0.1}, 2e-5, 1e-3)
COSTS = Costs(0.5, 100, 0.25, (Start("threads", 1.0), Start("fork", 3.0)))


@pytest.mark.parametrize("size", [0, 100, 200_000])
def test_messages_of_any_size_arrive(size: int) -> None:
    assert message(size) > 0


def test_threads_and_forked_processes_start() -> None:
    assert threads_start() > 0
    with fork_quietly():
        assert processes_start("fork", 1) > 0


def test_what_is_printed_can_be_read_back(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("pytest_concurrency.costs.program.measured", lambda: FIGURES)
    assert main(["cost", "--json"]) == 0
    assert from_json(json.loads(capsys.readouterr().out)) == FIGURES


@pytest.mark.parametrize("data", [None, [], {"starts": []}, {"starts": {}, "small_message": None}])
def test_what_is_no_figures_is_refused(data: object) -> None:
    with pytest.raises(ValueError, match="no figures"):
        from_json(data)


def test_the_table_says_from_where_processes_pay() -> None:
    table = [" ".join(line.split()) for line in lines(FIGURES, gil=True)]
    assert table[2:6] == [
        "start and end of two pays from, computing in each",
        "threads 0.10 ms",
        "processes, fork 3.0 ms 2.9 ms",
        "processes, spawn 100 ms 100 ms",
    ]
    assert "processes, fork 3.0 ms never" in [
        " ".join(line.split()) for line in lines(FIGURES, gil=False)
    ]


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.0, "0 ms"), (1.234e-5, "0.012 ms"), (0.00312, "3.1 ms"), (0.46, "460 ms"), (12.3, "12 s")],
)
def test_durations_have_two_digits(seconds: float, told: str) -> None:
    assert duration(seconds) == told


def test_processes_pay_when_what_they_save_is_more_than_what_they_cost() -> None:
    # Two threads: 1 + 2 * 2.5 = 6. Two processes: 3 + 2.5 + 2 * 0.25 = 6.
    assert pays_from(3.0, 1.0, 0.25, gil=True) == 2.5
    assert pays_from(1.0, 3.0, 0.25, gil=True) == 0
    assert pays_from(3.0, 1.0, 0.25, gil=False) == NEVER_SECONDS


def test_what_is_known_of_the_machine_is_added(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "gil_enabled", lambda: True)
    monkeypatch.setattr(figures, "start_methods", lambda: ("fork", "spawn", "forkserver"))
    assert completed(COSTS, None).starts == (Start("threads", 1.0), Start("fork", 3.0, 2.5))
    assert completed(COSTS, FIGURES).starts == (
        Start("threads", 1.0),
        Start("fork", 3.0, 2.5),
        Start("spawn", 0.1, 0.0),
    )


def test_a_machine_that_cannot_be_measured_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/no/such/python")
    assert measured_apart() is None


def test_medians_of_what_workers_took() -> None:
    costing = Costing()
    assert costing.costs("spawn") is None
    costing.add([Work(3.0), Work(1.0, 7, 0.1), Work(2.0, 9, 0.2)])
    costs = costing.costs("spawn")
    assert costs is not None
    assert (costs.run_seconds, costs.message_bytes) == (2.0, 7)
    assert 0.1 < costs.message_seconds < 1
    assert [start.by for start in costs.starts] == ["threads"]


PROGRAM = """
import pytest

@pytest.mark.threadsafe
def test_adds(concurrency):
    assert set(concurrency.run(lambda: "x" * 100)) == {"x" * 100}
"""
FEW = (
    "--concurrency-stress",
    "--concurrency-threads=none",
    "--concurrency-schedules=0",
    "--concurrency-runs=2",
)


class TestTold:
    """What a session says of a test."""

    def test_with_v_and_in_json(self, pytester: pytest.Pytester) -> None:
        pytester.makepyfile(PROGRAM)
        pytester.makeini("[pytest]")
        cache = pytester.path / ".pytest_cache" / "v" / "concurrency" / "costs"
        cache.mkdir(parents=True)
        tag = __import__("sys").implementation.cache_tag
        (cache / tag).write_text(json.dumps(to_json(FIGURES)))
        result = pytester.runpytest_inprocess("-v", *FEW, "--concurrency-json=report.json")
        result.stdout.re_match_lines([r".*costs: one of its callables takes .* ms; to start .*"])
        (test,) = json.loads((pytester.path / "report.json").read_text())["tests"]
        assert 100 < test["costs"]["message_bytes"] < 150
        starts = {start["by"]: start["seconds"] for start in test["costs"]["starts"]}
        assert list(starts) == ["threads", "fork", "spawn"]
        assert starts["spawn"] == 0.1

    def test_nothing_is_measured_where_nobody_asks(
        self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object) -> None:
            raise AssertionError("measured")

        monkeypatch.setattr(Costing, "costs", fail)
        pytester.makepyfile(PROGRAM)
        result = pytester.runpytest_inprocess(*FEW)
        result.assert_outcomes(passed=1)
        result.stdout.no_fnmatch_line("*costs*")
        result.stdout.no_fnmatch_line("*internal error*")
