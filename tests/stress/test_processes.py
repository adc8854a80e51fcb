"""Workers in processes: one after another, at once, and whatever they do to us."""

from __future__ import annotations

import ctypes
import itertools
import multiprocessing.resource_tracker
import os
import random
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import pytest

from pytest_concurrency.model import Cell, CellResult, Settings, StartMethod
from pytest_concurrency.stress.cells.workload import Shape
from pytest_concurrency.stress.children.child import run_in_child
from pytest_concurrency.stress.item.outcomes import CopyOutcome, outcome_of
from pytest_concurrency.stress.outside.touch import NOTHING_OUTSIDE, NOTHING_SEEN, Touch
from pytest_concurrency.stress.processes.process_cell import process_cell
from pytest_concurrency.stress.processes.process_run import ProcessOutcome
from pytest_concurrency.stress.processes.turns import AtOnce, InTurn, Overlap, Way
from pytest_concurrency.stress.processes.unsent import ResultNotSent
from pytest_concurrency.stress.processes.worker import WorkerResult
from pytest_concurrency.stress.processes.workers import run_workers

METHODS: tuple[StartMethod, ...] = ("fork", "spawn", "forkserver")


def in_turn(*callables: Callable[[], Any], seconds: float = 60, **more: Any) -> list[WorkerResult]:
    deadline = time.monotonic() + seconds
    return list(run_workers(callables, InTurn(), deadline=deadline, **more).results)


def at_once(*callables: Callable[[], Any], seconds: float = 60, **more: Any) -> list[WorkerResult]:
    deadline = time.monotonic() + seconds
    return list(run_workers(callables, AtOnce(1), deadline=deadline, **more).results)


def wait_until_gone(pid: int, seconds: float = 5.0) -> bool:
    """Zombies do not count."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.01)
    return False


def span(path: Path) -> tuple[float, float]:
    """When it ran."""
    began = time.monotonic()
    time.sleep(0.05)
    return began, time.monotonic()


def no_number() -> int:
    return int("no number")


def two_arguments() -> NoReturn:
    raise TwoArgumentsError("a", "b")


class TwoArgumentsError(Exception):
    """Can be pickled, but not read back."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(one)


class Liar:
    """Is pickled as something else, which cannot be made."""

    def __reduce__(self) -> tuple[type, tuple[str]]:
        return int, ("not a number",)


class TestWorkers:
    @pytest.mark.parametrize("method", METHODS)
    def test_results_and_exceptions_come_back(self, method: StartMethod) -> None:
        results = at_once(os.getpid, no_number, start_method=method)
        assert [result.outcome.status for result in results] == ["passed", "failed"]
        assert results[0].value not in (None, os.getpid())
        assert results[1].outcome.message.startswith("ValueError: invalid literal")
        assert "in no_number" in results[1].outcome.traceback
        assert isinstance(results[1].error, ValueError)

    def test_in_turn_means_one_after_another(self, tmp_path: Path) -> None:
        spans = [result.value for result in in_turn(*[partial(span, tmp_path)] * 3)]
        assert spans == sorted(spans)
        assert all(one[1] < other[0] for one, other in itertools.pairwise(spans))

    def test_at_once_means_at_once(self, tmp_path: Path) -> None:
        spans = [result.value for result in at_once(*[partial(span, tmp_path)] * 3)]
        assert max(began for began, _ in spans) < min(ended for _, ended in spans)

    def test_all_are_there_before_the_first_one_runs(self) -> None:
        def siblings() -> int:
            tasks = Path(f"/proc/{os.getppid()}/task").glob("*/children")
            count = sum(len(task.read_text().split()) for task in tasks)
            time.sleep(0.3)  # so that nobody has gone before everybody has counted
            return count

        assert min(result.value for result in at_once(*[siblings] * 6)) >= 6

    def test_memory_is_not_shared(self) -> None:
        state: list[int] = []
        assert [r.outcome.status for r in in_turn(partial(state.append, 1))] == ["passed"]
        assert state == []

    @pytest.mark.parametrize("run", [in_turn, at_once])
    def test_a_result_that_cannot_be_pickled_and_is_not_asked_for(
        self, run: Callable[..., list[WorkerResult]]
    ) -> None:
        (result,) = run(threading.Lock)
        assert result.outcome.status == "passed"
        for ask in (lambda it: it.acquire, bool, len, lambda it: it == 1, list, str):
            with pytest.raises(
                ResultNotSent, match="result of process 1 cannot be sent back: Type"
            ):
                ask(result.value)

    @pytest.mark.parametrize("run", [in_turn, at_once])
    def test_a_result_that_cannot_be_read_back(
        self, run: Callable[..., list[WorkerResult]]
    ) -> None:
        (result,) = run(Liar)
        assert result.outcome.status == "failed"
        assert result.outcome.message.startswith("its result cannot be read back: ValueError")

    def test_an_exception_that_cannot_be_unpickled(self) -> None:
        (result,) = in_turn(two_arguments)
        assert result.error is None
        assert (result.outcome.status, result.outcome.kind) == ("failed", "TwoArgumentsError")

    @pytest.mark.parametrize("method", ["spawn", "forkserver"])
    def test_a_callable_that_cannot_be_pickled(self, method: StartMethod) -> None:
        (result,) = at_once(lambda: 1, start_method=method)
        assert (result.outcome.status, result.outcome.phase) == ("error", "setup")
        assert f"cannot be run in a process started with {method}: " in result.outcome.message
        assert "lambda" in result.outcome.message

    def test_crashes_exits_and_hangs_cost_only_themselves(self) -> None:
        results = at_once(
            partial(os._exit, 3),
            partial(ctypes.string_at, 0),
            lambda: os.kill(os.getpid(), signal.SIGKILL),
            partial(sys.exit, 4),
            partial(time.sleep, 1000),
            lambda: "fine",
            seconds=1,
        )
        assert [(r.outcome.status, r.outcome.message) for r in results] == [
            ("crashed", "exited with status 3 (os._exit)"),
            ("crashed", "killed by SIGSEGV"),
            ("crashed", "killed by SIGKILL"),
            ("failed", "SystemExit: 4"),
            ("timeout", "did not end in time"),
            ("passed", ""),
        ]
        assert results[5].value == "fine"

    def test_a_hang_shows_its_stack(self) -> None:
        def hangs_here() -> None:
            threading.Event().wait()

        (result,) = in_turn(hangs_here, seconds=0.3)
        assert "in hangs_here" in result.outcome.traceback
        assert "in_worker.py" not in result.outcome.traceback

    def test_who_all_wait_for_good_are_not_waited_for(self) -> None:
        def hangs() -> None:
            threading.Event().wait()

        results = at_once(hangs, hangs, seconds=12)
        assert {r.outcome.message for r in results} == {"waited for what never came"}

    def test_a_crash_shows_its_stack(self) -> None:
        def crashes_here() -> None:
            ctypes.string_at(0)

        (result,) = in_turn(crashes_here)
        assert "in crashes_here" in result.outcome.traceback

    def test_nobody_waits_for_workers_that_did_not_start(self) -> None:
        results = at_once(lambda: 1, lambda: 2, start_method="spawn", seconds=20)
        assert {result.outcome.phase for result in results} == {"setup"}

    def test_a_thread_left_running_does_not_hold_up_the_result(self) -> None:
        def work() -> str:
            threading.Thread(target=time.sleep, args=(1000,)).start()
            return "done"

        (result,) = in_turn(work)  # it would be out of time
        assert (result.outcome.status, result.value) == ("passed", "done")

    def test_a_fork_of_a_worker_does_not_answer_for_it(self) -> None:
        def work() -> str:
            if pid := os.fork():
                os.waitpid(pid, 0)
                return "worker"
            return "its child"

        assert [result.value for result in at_once(work)] == ["worker"]

    def test_no_file_descriptor_stays_open(self) -> None:
        at_once(partial(int, 1))  # what multiprocessing opens for good
        before = sorted(os.listdir("/proc/self/fd"))
        at_once(partial(int, 1), partial(os._exit, 1))
        in_turn(partial(time.sleep, 1000), seconds=0.1)
        assert sorted(os.listdir("/proc/self/fd")) == before


class TestNobodyStaysBehind:
    def test_grandchildren_of_workers(self, tmp_path: Path) -> None:
        def leave() -> int:
            return subprocess.Popen(["sleep", "1000"]).pid

        def leave_and_hang() -> None:
            pid = subprocess.Popen(["sleep", "1000"], start_new_session=True).pid
            (tmp_path / "pid").write_text(str(pid))
            time.sleep(1000)

        results = at_once(leave, leave_and_hang, seconds=0.5)
        assert wait_until_gone(results[0].value)
        assert wait_until_gone(int((tmp_path / "pid").read_text()))

    def test_an_interrupted_parent(self, tmp_path: Path) -> None:
        def work() -> None:
            (tmp_path / str(os.getpid())).touch()
            time.sleep(1000)

        main = threading.main_thread().ident
        assert main is not None

        def interrupt() -> None:
            until = time.monotonic() + 30
            while len(list(tmp_path.iterdir())) < 2 and time.monotonic() < until:
                time.sleep(0.02)
            signal.pthread_kill(main, signal.SIGINT)

        interrupter = threading.Thread(target=interrupt)
        interrupter.start()
        with pytest.raises(KeyboardInterrupt):
            at_once(work, work)
        interrupter.join()
        pids = [int(path.name) for path in tmp_path.iterdir()]
        assert len(pids) == 2
        assert all(wait_until_gone(pid) for pid in pids)

    def test_inside_a_child_that_runs_out_of_time(self, tmp_path: Path) -> None:
        def work() -> None:
            pid = subprocess.Popen(["sleep", "1000"]).pid
            (tmp_path / f"{os.getpid()} {pid}").touch()
            time.sleep(1000)

        result = run_in_child(lambda progress: at_once(work, work), seconds=0.7)
        assert result.status == "timeout"
        pids = [int(pid) for path in tmp_path.iterdir() for pid in path.name.split()]
        assert len(pids) == 4
        assert all(wait_until_gone(pid) for pid in pids)

    @pytest.mark.parametrize("method", ["fork", "forkserver"])  # spawned ones die as forked ones do
    def test_a_killed_parent(self, tmp_path: Path, method: str) -> None:
        (tmp_path / "program.py").write_text(
            textwrap.dedent(
                f"""
                import os, time
                from pytest_concurrency.stress.processes.turns import AtOnce
                from pytest_concurrency.stress.processes.workers import run_workers

                def work():
                    open(f"pid-{{os.getpid()}}", "w").close()
                    time.sleep(1000)

                if __name__ == "__main__":
                    run_workers([work] * 2, AtOnce(), start_method={method!r})
                """
            )
        )
        # A killed parent cannot remove the fork server's directory; its path must be short.
        with tempfile.TemporaryDirectory() as short:
            parent = subprocess.Popen(
                [sys.executable, "program.py"], cwd=tmp_path, env=os.environ | {"TMPDIR": short}
            )
            until = time.monotonic() + 20
            while len(pids := [int(path.name[4:]) for path in tmp_path.glob("pid-*")]) < 2:
                assert time.monotonic() < until
                time.sleep(0.02)
            parent.kill()
            parent.wait()
            assert all(wait_until_gone(pid) for pid in pids)


CELL = Cell("processes", processes=2)
PASSED = CopyOutcome(0)
FAILED = outcome_of(0, AssertionError("assert 3 == 4"))


OUTSIDE = Touch(0, "/a file", "write")
LOOK = Touch(1, "/a file", "read")


def cell_of(
    run_once: Callable[..., ProcessOutcome],
    *,
    runs: int = 8,
    seconds: float = 30,
    shape: Shape = "callables",
    sees_all: bool = False,
) -> CellResult:
    deadline = time.monotonic() + seconds
    rng = random.Random(1)
    settings = Settings(runs=runs)
    return process_cell(
        run_once, CELL, settings, deadline=deadline, rng=rng, shape=shape, sees_all=sees_all
    )


def outcome(
    test: CopyOutcome = PASSED,
    *workers: CopyOutcome,
    traces: tuple[tuple[Touch, ...], ...] = ((OUTSIDE,), (OUTSIDE,)),
    check: tuple[Touch, ...] = (LOOK,),
    overlap: Overlap = "",
) -> ProcessOutcome:
    return ProcessOutcome(test, workers or (PASSED, PASSED), traces, check, overlap, 0.01)


def table(
    in_turn: ProcessOutcome, at_once: ProcessOutcome | None = None
) -> Callable[..., ProcessOutcome]:
    def run_once(way: Way, *, watched: bool) -> ProcessOutcome:
        is_control = isinstance(way, InTurn) and way.pause is None
        return in_turn if is_control or at_once is None else at_once

    return run_once


IN_MEMORY: dict[str, Any] = {"traces": ((), ()), "check": ()}


class TestCell:
    def test_control_then_preemptions_then_all_at_once(self) -> None:
        seen: list[tuple[Any, bool]] = []

        def run_once(way: Way, *, watched: bool) -> ProcessOutcome:
            seen.append((getattr(way, "pause", "at once"), watched))
            return outcome()

        result = cell_of(run_once)
        assert (result.outcome, result.control) == ("clean", "clean")
        assert (result.schedules, result.planned) == (8, 8)
        assert seen[:2] == [(None, True), (None, False)]
        assert sorted(seen[2:4]) == [((0, 0), True), ((1, 0), True)]
        assert [watched for pause, watched in seen if pause == "at once"].count(False) == 2

    def test_a_failure_at_once_only_is_a_hazard(self) -> None:
        result = cell_of(table(outcome(), outcome(FAILED)))
        (hazard,) = result.hazards
        assert (result.outcome, result.control) == ("hazard", "clean")
        assert (hazard.kind, hazard.failures) == ("test-failure", 8)
        assert hazard.message == (
            "fails in 8 of 8 runs with 2 processes at once: AssertionError: assert 3 == 4"
        )

    @pytest.mark.parametrize(("status", "kind"), [("crashed", "crash"), ("timeout", "timeout")])
    def test_a_worker_that_dies_at_once_only(self, status: Any, kind: str) -> None:
        died = CopyOutcome(1, status, kind, "killed by SIGSEGV", "stack")
        result = cell_of(table(outcome(), outcome(FAILED, PASSED, died)))
        (hazard,) = result.hazards
        assert (hazard.kind, hazard.detail) == (kind, "--- process 2 ---\nstack")
        assert "process 2: killed by SIGSEGV" in hazard.message

    def test_a_check_that_fails_in_the_control_with_nothing_outside(self) -> None:
        result = cell_of(table(outcome(FAILED, **IN_MEMORY)))
        assert (result.outcome, result.control) == ("not-shared", "not-shared")
        assert result.hazards == ()
        assert "memory that processes do not share" in result.reason
        assert result.schedules == 2

    @pytest.mark.parametrize(
        "touched",
        [
            {"traces": ((OUTSIDE,), ()), "check": ()},
            {"traces": ((), ()), "check": (LOOK,)},
            {"traces": ((Touch(0, "<object 1>", "use"),), ()), "check": ()},
        ],
    )
    def test_a_check_that_fails_in_the_control_with_something_outside(self, touched: Any) -> None:
        result = cell_of(table(outcome(FAILED, **touched)))
        assert (result.outcome, result.control) == ("fails", "fails")
        assert result.reason == "it fails even one after another: AssertionError: assert 3 == 4"

    @pytest.mark.parametrize(
        ("kind", "touched", "expected"),
        [
            ("GivenUpOutside", (), "skipped"),
            ("GivenUpWaiting", (LOOK,), "skipped"),
            ("GivenUpWaiting", (), "not-shared"),
            ("GivenUpInMemory", (), "not-shared"),
            ("GivenUpInMemory", (LOOK,), "fails"),
        ],
    )
    def test_what_waits_for_its_threads_without_a_join(
        self, kind: str, touched: Any, expected: str
    ) -> None:
        # On its way out it may raise something else.
        ended = replace(outcome(FAILED, traces=((), ()), check=touched), given_up=kind)
        result = cell_of(table(ended))
        assert result.outcome == expected

    def test_a_lock_keeps_nothing(self) -> None:
        lock = Touch(0, "/a lock", "lock")
        result = cell_of(table(outcome(FAILED, traces=((lock,), (lock,)), check=())))
        assert result.outcome == "not-shared"

    def test_workers_that_fail_at_once_beside_a_check_on_memory(self) -> None:
        result = cell_of(
            table(outcome(FAILED, **IN_MEMORY), outcome(FAILED, PASSED, FAILED, **IN_MEMORY))
        )
        assert (result.outcome, result.control) == ("hazard", "not-shared")

    def test_workers_that_fail_even_in_turn(self) -> None:
        result = cell_of(table(outcome(FAILED, PASSED, FAILED)))
        assert (result.outcome, result.control) == ("fails", "fails")
        assert result.reason.startswith("it fails even one after another: process 1")

    def test_workers_that_fail_while_they_wait_for_each_other(self) -> None:
        result = cell_of(table(outcome(FAILED, PASSED, FAILED, overlap="waited")))
        assert result.reason.startswith("it fails even without preemption: process 1")

    def test_workers_that_could_not_be_kept_apart(self) -> None:
        result = cell_of(table(outcome(FAILED, overlap="slept")))
        assert (result.outcome, result.control) == ("skipped", "")
        assert result.reason.startswith("its processes cannot be run one after another: ")

    def test_copies_that_fail_in_turn_are_not_meant_to_be_copies(self) -> None:
        result = cell_of(table(outcome(PASSED, PASSED, FAILED)), shape="copies")
        assert (result.outcome, result.control) == ("skipped", "")
        assert result.reason.startswith("copies of it fail even one after another: process 1")

    def test_a_control_that_is_not_the_same_twice(self) -> None:
        outcomes = iter([outcome(FAILED), outcome()])
        result = cell_of(lambda way, watched: next(outcomes))
        assert (result.outcome, result.control) == ("skipped", "")
        assert "fail once and pass once" in result.reason

    def test_nothing_outside_takes_the_run_that_shows_it(self) -> None:
        result = cell_of(table(outcome(**IN_MEMORY)), sees_all=True)
        assert (result.outcome, result.schedules, result.planned) == ("clean", 1, 1)
        assert (result.control, result.reason) == ("clean", NOTHING_OUTSIDE)

    def test_where_there_is_code_that_is_not_seen_processes_run_at_once(self) -> None:
        result = cell_of(table(outcome(**IN_MEMORY)))
        assert (result.outcome, result.schedules, result.planned) == ("clean", 2, 2)
        assert result.reason == NOTHING_SEEN

    def test_what_is_touched_outside_is_run_at_once_whatever_is_seen(self) -> None:
        result = cell_of(table(outcome()), sees_all=True)
        assert (result.outcome, result.schedules) == ("clean", 8)
        assert result.reason == ""

    @pytest.mark.parametrize("sees_all", [False, True])
    def test_a_check_that_looks_at_memory_fails_twice_unless_all_is_seen(
        self, sees_all: bool
    ) -> None:
        failing = outcome(test=outcome_of(0, AssertionError()), **IN_MEMORY)
        result = cell_of(table(failing), sees_all=sees_all)
        assert (result.outcome, result.control) == ("not-shared", "not-shared")
        assert result.schedules == (1 if sees_all else 2)

    def test_nobody_reads_the_tracebacks_of_the_control(self) -> None:
        texts = []

        def run_once(way: Way, *, watched: bool) -> ProcessOutcome:
            try:
                assert int(str(4)) == 5
            except AssertionError as error:
                failed = outcome_of(0, error)
            texts.append(failed.traceback)
            return outcome(failed, **IN_MEMORY)

        cell_of(run_once)
        assert ["\nE " in text for text in texts] == [False, False, True, True]

    def test_a_result_that_the_test_needs_and_cannot_have(self) -> None:
        missing = outcome_of(0, ResultNotSent("the result of process 1 cannot be sent back: why"))
        result = cell_of(table(outcome(missing)))
        assert (result.outcome, result.control) == ("skipped", "")
        assert result.reason == "the result of process 1 cannot be sent back: why"

    def test_workers_that_cannot_be_started(self) -> None:
        problem = CopyOutcome(0, "error", "", "cannot be run in a process: lambda", phase="setup")
        result = cell_of(table(outcome(PASSED, problem)))
        assert (result.outcome, result.reason) == ("skipped", problem.message)

    def test_a_test_that_skips_itself(self) -> None:
        skip = CopyOutcome(0, "skipped", "Skipped", "not here")
        result = cell_of(table(outcome(PASSED, skip)))
        assert (result.outcome, result.reason) == ("skipped", "the test skips itself: not here")

    def test_no_time(self) -> None:
        result = cell_of(table(outcome()), seconds=-1)
        assert (result.outcome, result.reason) == ("skipped", "no time was left")

    def test_a_real_race_on_a_file_and_its_locked_twin(self, tmp_path: Path) -> None:
        assert cell_of(file_counter(tmp_path, locked=False)).outcome == "hazard"
        result = cell_of(file_counter(tmp_path, locked=True))
        assert (result.outcome, result.control) == ("clean", "clean")


def file_counter(directory: Path, *, locked: bool) -> Callable[..., ProcessOutcome]:
    import fcntl

    path, lock = directory / "counter", directory / "lock"

    def increment() -> None:
        with lock.open("w") as guard:
            for _ in range(5):
                if locked:
                    fcntl.flock(guard, fcntl.LOCK_EX)
                value = int(path.read_text() or 0)
                path.write_text(str(value + 1))
                if locked:
                    fcntl.flock(guard, fcntl.LOCK_UN)

    def run_once(way: Way, *, watched: bool) -> ProcessOutcome:
        path.write_text("0")
        done = run_workers([increment, increment], way, deadline=time.monotonic() + 30)
        wrong = None if path.read_text() == "10" else AssertionError(path.read_text())
        return ProcessOutcome(
            outcome_of(0, wrong),
            tuple(worker.outcome for worker in done.results),
            tuple(worker.trace for worker in done.results),
            (LOOK,),
            done.overlap,
            max(worker.work.seconds for worker in done.results),
        )

    return run_once


class TestTurns:
    """One runs at a time, and who waits for another one lets it run."""

    def test_who_waits_lets_the_others_run(self) -> None:
        barrier = multiprocessing.get_context("fork").Barrier(3)
        done = run_workers([partial(barrier.wait, 20)] * 3, InTurn(), deadline=deadline())
        assert sorted(result.value for result in done.results) == [0, 1, 2]
        assert done.overlap == "waited"

    def test_who_sleeps_does_not(self) -> None:
        done = run_workers([partial(span, Path())] * 2, InTurn(), deadline=deadline())
        (_, ended), (began, _) = (result.value for result in done.results)
        assert ended < began
        assert done.overlap == ""

    def test_who_waits_for_its_own_child_does_not(self) -> None:
        def work() -> tuple[float, float]:
            began = time.monotonic()
            subprocess.run([sys.executable, "-c", "sum(range(3_000_000))"], check=True)
            return began, time.monotonic()

        done = run_workers([work] * 2, InTurn(), deadline=deadline())
        (_, ended), (began, _) = (result.value for result in done.results)
        assert ended < began

    def test_only_one_goes_on_where_both_could(self, tmp_path: Path) -> None:
        barrier = multiprocessing.get_context("fork").Barrier(2)
        path = tmp_path / "n"
        path.write_text("0")

        def work() -> None:
            barrier.wait(20)
            for _ in range(50):
                path.write_text(str(int(path.read_text()) + 1))

        run_workers([work] * 2, InTurn(), deadline=deadline())
        assert path.read_text() == "100"

    def test_nobody_can_go_on(self) -> None:
        event = multiprocessing.get_context("fork").Event()
        done = run_workers([partial(event.wait, 0.2)] * 2, InTurn(), deadline=deadline())
        assert [result.value for result in done.results] == [False, False]

    def test_a_process_that_is_never_over_does_not_keep_the_next_one(self, tmp_path: Path) -> None:
        def wait_for_file() -> str:
            while not (tmp_path / "file").exists():
                time.sleep(0.001)
            return "seen"

        done = run_workers(
            [wait_for_file, (tmp_path / "file").touch], InTurn(patience=0.2), deadline=deadline()
        )
        assert done.results[0].value == "seen"
        assert done.overlap == "slept"

    @pytest.mark.parametrize("worker", [0, 1])
    def test_a_preemption_where_it_is_asked_for(self, tmp_path: Path, worker: int) -> None:
        path = tmp_path / "n"
        path.write_text("0")

        def work() -> None:
            number = int(path.read_text())
            path.write_text(str(number + 1))

        for touch, expected in ((0, "2"), (1, "1")):
            path.write_text("0")
            run_workers([work] * 2, InTurn((worker, touch)), deadline=deadline())
            assert path.read_text() == expected

    def test_a_preemption_inside_a_lock_that_the_other_one_wants(self, tmp_path: Path) -> None:
        lock = multiprocessing.get_context("fork").Lock()
        path = tmp_path / "n"
        path.write_text("0")

        def work() -> None:
            with lock:
                number = int(path.read_text())
                path.write_text(str(number + 1))

        run_workers([work] * 2, InTurn((0, 1)), deadline=deadline())
        assert path.read_text() == "2"


def deadline() -> float:
    return time.monotonic() + 60


@pytest.mark.parametrize("method", METHODS)
def test_a_killed_resource_tracker_is_no_error(method: StartMethod) -> None:
    tracker = multiprocessing.resource_tracker._resource_tracker
    at_once(os.getpid, start_method=method)
    if tracker._pid is not None:
        os.kill(tracker._pid, signal.SIGKILL)
        time.sleep(0.1)
    results = at_once(os.getpid, os.getpid, start_method=method)
    assert [result.outcome.status for result in results] == ["passed", "passed"], results
    with warnings.catch_warnings():  # or the next test that makes a semaphore would hear of it
        warnings.simplefilter("ignore")
        tracker.ensure_running()


@pytest.mark.parametrize("method", METHODS)
def test_the_file_for_stacks_has_no_name_that_could_be_left(
    method: StartMethod, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (result,) = in_turn(partial(os.listdir, str(tmp_path)), start_method=method)
    assert not result.outcome.is_bad
    assert [name for name in result.value if not name.startswith("pymp-")] == []
