"""Real threads at real speed."""

from __future__ import annotations

import math
import random
import sys
import threading
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import pytest

from pytest_concurrency._compat import gil_enabled
from pytest_concurrency.model import Cell, CellResult
from pytest_concurrency.stress.cells.free_running import (
    perturbed_switch_interval,
    release_together,
    run_free_running,
)
from pytest_concurrency.stress.item.outcomes import CopyOutcome, RunOutcome, outcome_of

CELL = Cell("free-running", threads=4)
PASSED = RunOutcome(CopyOutcome(0))
FAILED = RunOutcome(outcome_of(0, AssertionError("assert 3 == 4")))


class TestSwitchInterval:
    def test_it_is_put_back_whatever_happens(self) -> None:
        before = sys.getswitchinterval()
        with perturbed_switch_interval(random.Random(1)) as interval:
            assert sys.getswitchinterval() == pytest.approx(interval, abs=1e-6)
            assert sys.getswitchinterval() != before
        with pytest.raises(KeyboardInterrupt), perturbed_switch_interval(random.Random(2)):
            raise KeyboardInterrupt
        assert sys.getswitchinterval() == before

    def test_it_is_log_uniform_from_1_microsecond_to_5_milliseconds(self) -> None:
        rng = random.Random(3)
        drawn = []
        for _ in range(2000):
            with perturbed_switch_interval(rng) as interval:
                drawn.append(interval)
        assert min(drawn) >= 1e-6
        assert max(drawn) <= 5e-3
        assert math.log10(median(drawn)) == pytest.approx(math.log10(math.sqrt(5e-9)), abs=0.15)

    def test_equal_seeds_give_equal_intervals(self) -> None:
        with perturbed_switch_interval(random.Random(7)) as one:
            pass
        with perturbed_switch_interval(random.Random(7)) as other:
            pass
        assert one == other


class TestReleaseTogether:
    def test_values_and_exceptions_are_kept_per_thread(self) -> None:
        def leave() -> None:
            raise SystemExit(2)

        ends = release_together([lambda: 1, leave, lambda: 1 // 0], random.Random(1))
        assert [end.index for end in ends] == [0, 1, 2]
        assert [end.finished for end in ends] == [True] * 3
        assert ends[0].value == 1
        assert isinstance(ends[1].error, SystemExit)
        assert isinstance(ends[2].error, ZeroDivisionError)
        assert ends[2].error.__traceback__ is not None

    def test_all_are_there_before_the_first_one_runs(self) -> None:
        running: list[set[str]] = []

        def note() -> None:
            running.append({thread.name for thread in threading.enumerate()})

        release_together([note] * 4, random.Random(1))
        assert {f"copy-{index}" for index in range(4)} <= running[0]

    def test_threads_that_do_not_end_are_reported_with_their_stacks(self) -> None:
        release = threading.Event()

        def waits_here() -> None:
            release.wait()

        ends = release_together([lambda: "fine", waits_here], random.Random(1), seconds=0.2)
        release.set()
        assert [end.finished for end in ends] == [True, False]
        assert "in waits_here" in ends[1].stack
        assert ends[0].stack == ""

    def test_a_thread_that_cannot_start_does_not_leave_the_others_spinning(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ran: list[int] = []
        start = threading.Thread.start

        def refuse_the_second(thread: threading.Thread) -> None:
            if thread.name == "copy-1":
                raise RuntimeError("can't start new thread")
            start(thread)

        monkeypatch.setattr(threading.Thread, "start", refuse_the_second)
        with pytest.raises(RuntimeError, match="can't start"):
            release_together([lambda: ran.append(1)] * 2, random.Random(1))
        until = time.monotonic() + 5
        while any(thread.name == "copy-0" for thread in threading.enumerate()):
            assert time.monotonic() < until
            time.sleep(0.01)
        assert ran == []


def run(
    run_once: Callable[[int, bool], RunOutcome], *, runs: int = 6, seconds: float = 60, **more: Any
) -> CellResult:
    return run_free_running(
        run_once,
        CELL,
        runs,
        rng=random.Random(1),
        deadline=time.monotonic() + seconds,
        **more,
    )


class TestCell:
    def test_clean(self) -> None:
        seen: list[tuple[int, bool]] = []
        intervals: set[float] = set()
        before = sys.getswitchinterval()

        def run_once(index: int, amplified: bool) -> RunOutcome:
            seen.append((index, amplified))
            intervals.add(sys.getswitchinterval())
            return PASSED

        progress: list[str] = []
        result = run(run_once, on_progress=progress.append)
        assert (result.outcome, result.schedules, result.planned) == ("clean", 6, 6)
        assert (result.hazards, result.reason) == ((), "")
        assert seen == [(0, False), (1, True), (2, False), (3, True), (4, False), (5, True)]
        assert len(intervals) == 6, "redrawn for every run"
        assert before == sys.getswitchinterval()
        assert progress[-1] == "6/6 runs"

    def test_failures_are_counted_and_the_first_is_the_evidence(self) -> None:
        result = run(lambda index, amplified: FAILED if index in (2, 3, 5) else PASSED)
        (hazard,) = result.hazards
        assert result.outcome == "hazard"
        assert hazard.kind == "test-failure"
        assert (hazard.failures, hazard.schedule_index, hazard.threads) == (3, 3, 4)
        assert hazard.message == (
            "fails in 3 of 6 runs with 4 threads at full speed: AssertionError: assert 3 == 4"
        )
        assert "assert 3 == 4" in hazard.detail
        assert hazard.gil == ("reachable" if gil_enabled() else "unknown")

    def test_failures_of_amplified_runs_only_say_so(self) -> None:
        result = run(lambda index, amplified: FAILED if amplified else PASSED)
        assert result.hazards[0].gil == "unknown"
        assert "amplified" in result.hazards[0].note

    def test_a_thread_that_dies_unnoticed(self) -> None:
        died = RunOutcome(CopyOutcome(0), thread_errors=(outcome_of(1, KeyError("gone")),))
        result = run(lambda index, amplified: died)
        (hazard,) = result.hazards
        assert (hazard.kind, hazard.failures) == ("thread-exception", 6)
        assert "KeyError: 'gone'" in hazard.message

    def test_an_interrupt_goes_through_and_the_interval_is_restored(self) -> None:
        before = sys.getswitchinterval()

        def run_once(index: int, amplified: bool) -> RunOutcome:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            run(run_once)
        assert sys.getswitchinterval() == before

    def test_the_deadline_cuts_it_short_and_it_says_so(self) -> None:
        def run_once(index: int, amplified: bool) -> RunOutcome:
            time.sleep(0.05)
            return PASSED

        result = run(run_once, runs=1000, seconds=0.2)
        assert result.outcome == "clean"
        assert 1 <= result.schedules < 1000
        assert result.reason == f"time was up after {result.schedules} of 1000 runs"

    def test_no_time_at_all(self) -> None:
        result = run(lambda index, amplified: PASSED, seconds=-1)
        assert (result.outcome, result.reason) == ("skipped", "no time was left")

    def test_a_hang_ends_the_cell(self) -> None:
        hang = RunOutcome(CopyOutcome(0, "timeout", "timeout", "did not end in time", "the stack"))
        result = run(lambda index, amplified: hang)
        (hazard,) = result.hazards
        assert (hazard.kind, hazard.detail, result.schedules) == ("timeout", "the stack", 1)

    def test_a_test_that_skips_itself(self) -> None:
        skips = RunOutcome(CopyOutcome(0, "skipped", "Skipped", "not today"))
        result = run(lambda index, amplified: skips)
        assert (result.outcome, result.reason) == (
            "skipped",
            "the test skips itself: not today",
        )

    def test_a_set_up_that_fails_is_no_hazard(self) -> None:
        broken = RunOutcome(outcome_of(0, OSError("no port"), phase="setup"))
        result = run(lambda index, amplified: broken)
        assert (result.outcome, result.reason) == ("error", "its set-up failed: OSError: no port")

    def test_a_teardown_that_fails_is_one(self) -> None:
        broken = RunOutcome(outcome_of(0, AssertionError("not empty"), phase="teardown"))
        assert run(lambda index, amplified: broken).hazards[0].kind == "test-failure"

    def test_it_finds_a_real_race(self) -> None:
        rng = random.Random(5)

        def run_once(index: int, amplified: bool) -> RunOutcome:
            counter = {"value": 0}

            def increment() -> None:
                for _ in range(300):
                    value = counter["value"]
                    math.sqrt(2)
                    time.sleep(0)  # a switch is possible here
                    counter["value"] = value + 1

            release_together([increment] * 4, rng)
            wrong = None if counter["value"] == 1200 else AssertionError(str(counter["value"]))
            return RunOutcome(outcome_of(0, wrong))

        assert run(run_once, runs=4).outcome == "hazard"
