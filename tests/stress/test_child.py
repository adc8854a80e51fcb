"""Whatever a child does, the parent gets an answer in time, and no process stays behind."""

from __future__ import annotations

import ctypes
import gc
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from pytest_concurrency.stress.children.child import run_in_child
from pytest_concurrency.stress.children.in_child import Progress


def is_alive(pid: int) -> bool:
    """Zombies do not count."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until_gone(pid: int, seconds: float = 5.0) -> bool:
    until = time.monotonic() + seconds
    while is_alive(pid) and time.monotonic() < until:
        time.sleep(0.01)
    return not is_alive(pid)


def sleep_for_ever(progress: Progress) -> NoReturn:
    while True:
        time.sleep(1000)


def loop_for_ever(progress: Progress) -> NoReturn:
    while True:
        pass


class TestDone:
    def test_value_and_progress_come_back(self) -> None:
        seen: list[str] = []

        def work(progress: Progress) -> dict[str, int]:
            progress("one")
            progress("two")
            return {"pid": os.getpid()}

        result = run_in_child(work, seconds=10, on_progress=seen.append)
        assert (result.status, result.exit, result.error) == ("done", "", "")
        assert result.value is not None
        assert result.value["pid"] != os.getpid()
        assert seen == ["one", "two"]
        assert result.progress == ("one", "two")

    def test_huge_value(self) -> None:
        result = run_in_child(lambda progress: b"x" * 30_000_000, seconds=20)
        assert result.value is not None
        assert len(result.value) == 30_000_000

    def test_nothing_the_child_changes_reaches_the_parent(self) -> None:
        state = {"value": 1}
        run_in_child(lambda progress: state.update(value=2), seconds=10)
        assert state == {"value": 1}

    def test_output_is_brought_back_and_not_printed(
        self, capfd: pytest.CaptureFixture[str]
    ) -> None:
        def work(progress: Progress) -> None:
            print("from python")
            print("to stderr", file=sys.stderr)
            os.system("echo from a process")

        result = run_in_child(work, seconds=10)
        assert {"from python", "to stderr", "from a process"} <= set(result.output.splitlines())
        assert capfd.readouterr() == ("", "")

    def test_buffered_output_of_the_parent_is_written_once(self) -> None:
        code = """
            from pytest_concurrency.stress.children.child import run_in_child
            print("once")
            run_in_child(lambda progress: print("child"), seconds=10)
        """
        assert run_python(code).stdout == "once\n"

    def test_stdin_is_empty(self) -> None:
        assert run_in_child(lambda progress: os.read(0, 10), seconds=10).value == b""

    def test_children_nest(self) -> None:
        def outer(progress: Progress) -> tuple[Any, str]:
            inner = run_in_child(lambda progress: os._exit(7), seconds=10)
            return inner.status, inner.exit

        result = run_in_child(outer, seconds=10)
        assert result.value == ("crashed", "exited with status 7 (os._exit)")

    def test_no_exit_handlers_run_in_the_child(self, tmp_path: Path) -> None:
        code = f"""
            import atexit, os
            from pathlib import Path
            from pytest_concurrency.stress.children.child import run_in_child
            atexit.register(lambda: print("exit handler of", os.getpid() == me))
            me = os.getpid()
            result = run_in_child(lambda progress: 1, seconds=10)
            Path({str(tmp_path / "output")!r}).write_text(result.output)
        """
        assert run_python(code).stdout == "exit handler of True\n"
        assert (tmp_path / "output").read_text() == ""

    def test_garbage_of_the_parent_is_not_finalized_in_the_child(self) -> None:
        class Garbage:
            def __init__(self) -> None:
                self.me = self

            def __del__(self) -> None:
                print("finalized")

        gc.collect()
        Garbage()
        assert run_in_child(lambda progress: gc.collect(), seconds=10).output == ""

    def test_no_file_descriptor_stays_open(self) -> None:
        before = sorted(os.listdir("/proc/self/fd"))
        for work in (lambda progress: 1, lambda progress: os._exit(1)):
            run_in_child(work, seconds=10)
        run_in_child(sleep_for_ever, seconds=0.05)
        assert sorted(os.listdir("/proc/self/fd")) == before

    def test_forking_beside_threads_does_not_warn(self) -> None:
        stop = threading.Event()
        thread = threading.Thread(target=stop.wait)
        thread.start()
        try:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                filters = list(warnings.filters)
                result = run_in_child(
                    lambda progress: list(warnings.filters) == filters, seconds=10
                )
        finally:
            stop.set()
            thread.join()
        assert caught == []
        assert result.value is True, "and the child's own filters are the parent's"


class TestRaised:
    def test_an_exception_is_described(self) -> None:
        def work(progress: Progress) -> None:
            raise ValueError("what went wrong")

        result = run_in_child(work, seconds=10)
        assert (result.status, result.error_type) == ("raised", "ValueError")
        assert result.error.startswith("Traceback")
        assert result.error.endswith("ValueError: what went wrong")
        assert "in_child.py" not in result.error

    @pytest.mark.parametrize(
        ("raised", "name"),
        [(SystemExit(3), "SystemExit"), (KeyboardInterrupt(), "KeyboardInterrupt")],
    )
    def test_exits_are_exceptions_like_others(self, raised: BaseException, name: str) -> None:
        def work(progress: Progress) -> None:
            raise raised

        result = run_in_child(work, seconds=10)
        assert (result.status, result.error_type) == ("raised", name)

    def test_a_result_that_cannot_be_pickled(self) -> None:
        result = run_in_child(lambda progress: threading.Lock(), seconds=10)
        assert (result.status, result.error_type) == ("raised", "TypeError")
        assert result.error.startswith("the result cannot be sent back from the child: TypeError")

    def test_a_result_that_cannot_be_unpickled(self) -> None:
        result = run_in_child(lambda progress: OneWay(), seconds=10)
        assert result.status == "raised"
        assert result.error == "the result of the child cannot be read: OSError: only one way"

    def test_an_exception_that_cannot_be_shown(self) -> None:
        class BrokenError(Exception):
            def __str__(self) -> str:
                raise RuntimeError("no")

        def work(progress: Progress) -> None:
            raise BrokenError

        result = run_in_child(work, seconds=10)
        assert (result.status, result.error_type) == ("raised", "BrokenError")
        assert "BrokenError" in result.error


class OneWay:
    def __reduce__(self) -> Any:
        return (_refuse, ())


def _refuse() -> NoReturn:
    raise OSError("only one way")


class TestCrashed:
    @pytest.mark.parametrize(
        ("end", "described"),
        [
            (lambda: os._exit(3), "exited with status 3 (os._exit)"),
            (lambda: os._exit(0), "exited with status 0 (os._exit)"),
            (lambda: os.kill(os.getpid(), signal.SIGKILL), "killed by SIGKILL"),
            (lambda: os.kill(os.getpid(), signal.SIGTERM), "killed by SIGTERM"),
            (lambda: ctypes.string_at(0), "killed by SIGSEGV"),
            (os.abort, "killed by SIGABRT"),
        ],
    )
    def test_the_way_it_ended_is_told(self, end: Callable[[], object], described: str) -> None:
        def work(progress: Progress) -> None:
            progress("before")
            end()

        result = run_in_child(work, seconds=100)
        assert (result.status, result.exit) == ("crashed", described)
        assert result.progress == ("before",)

    def test_a_crash_shows_its_stack_here_and_not_on_the_terminal(
        self, capfd: pytest.CaptureFixture[str]
    ) -> None:
        def crash_here(progress: Progress) -> None:
            ctypes.string_at(0)

        result = run_in_child(crash_here, seconds=10)
        assert "in crash_here" in result.stacks
        assert "in_child.py" not in result.stacks
        assert capfd.readouterr().err == ""

    def test_dying_in_the_middle_of_a_message(self) -> None:
        def work(progress: Progress) -> None:
            progress("whole")
            threading.Timer(0.2, lambda: os._exit(5)).start()
            # The parent stops reading (it sleeps in on_progress), so this cannot be written at
            # once.
            progress("x" * 10_000_000)

        def slowly(text: str) -> None:
            time.sleep(0.5)

        result = run_in_child(work, seconds=10, on_progress=slowly)
        assert (result.status, result.exit) == ("crashed", "exited with status 5 (os._exit)")
        assert result.progress == ("whole",)

    def test_a_fork_of_the_child_does_not_answer_for_it(self) -> None:
        def work(progress: Progress) -> str:
            if pid := os.fork():
                os.waitpid(pid, 0)
                return "child"
            return "grandchild"

        assert run_in_child(work, seconds=10).value == "child"

    def test_no_process_can_be_forked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse() -> NoReturn:
            raise BlockingIOError(11, "Resource temporarily unavailable")

        monkeypatch.setattr(os, "fork", refuse)
        result = run_in_child(lambda progress: 1, seconds=10)
        assert result.status == "crashed"
        assert result.exit.startswith("no process could be started: BlockingIOError")


class TestTimeout:
    @pytest.mark.parametrize("work", [sleep_for_ever, loop_for_ever])
    def test_every_stack_is_shown(self, work: Callable[[Progress], Any]) -> None:
        def with_a_thread(progress: Progress) -> None:
            threading.Thread(target=in_a_thread, daemon=True).start()
            progress("started")
            work(progress)

        def in_a_thread() -> None:
            threading.Event().wait()

        result = run_in_child(with_a_thread, seconds=0.4)
        assert (result.status, result.exit) == ("timeout", "killed when time was up")
        assert f"in {work.__name__}" in result.stacks
        assert "in in_a_thread" in result.stacks
        assert result.progress == ("started",)

    def test_writing_for_ever(self) -> None:
        def work(progress: Progress) -> None:
            while True:
                print("x" * 1000)
                progress("y" * 1000)

        result = run_in_child(work, seconds=0.4)
        assert result.status == "timeout"
        assert len(result.output) <= 16 * 1024
        assert len(result.progress) <= 1000

    def test_signals_that_the_child_ignores(self) -> None:
        def work(progress: Progress) -> None:
            for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
                signal.signal(number, signal.SIG_IGN)
            sleep_for_ever(progress)

        assert run_in_child(work, seconds=0.3).status == "timeout"

    def test_threads_that_do_not_end_do_not_hold_up_the_result(self) -> None:
        def work(progress: Progress) -> str:
            threading.Thread(target=sleep_for_ever, args=(progress,)).start()
            return "done"

        result = run_in_child(work, seconds=100)
        assert (result.status, result.value) == ("done", "done")


class TestNobodyStaysBehind:
    def test_a_grandchild_left_behind(self) -> None:
        def work(progress: Progress) -> int:
            return subprocess.Popen(["sleep", "1000"]).pid

        result = run_in_child(work, seconds=10)
        assert result.value is not None
        assert wait_until_gone(result.value)

    def test_a_grandchild_in_a_session_of_its_own(self) -> None:
        def work(progress: Progress) -> int:
            return subprocess.Popen(["sleep", "1000"], start_new_session=True).pid

        result = run_in_child(work, seconds=10)
        assert result.value is not None
        assert wait_until_gone(result.value)

    def test_an_orphan(self) -> None:
        def work(progress: Progress) -> int:
            return int(subprocess.check_output("sleep 1000 >/dev/null & echo $!", shell=True))

        result = run_in_child(work, seconds=10)
        assert result.value is not None
        assert wait_until_gone(result.value)

    def test_an_orphan_that_writes_for_ever_does_not_hold_up_the_result(self) -> None:
        def orphan(progress: Progress) -> int:
            read, write = os.pipe()
            if (pid := os.fork()) == 0:
                process = subprocess.Popen(["yes"], start_new_session=True)
                os.write(write, str(process.pid).encode())
                os._exit(0)
            os.waitpid(pid, 0)
            return int(os.read(read, 20))

        result = run_in_child(orphan, seconds=100)
        assert result.status == "done"
        assert result.value is not None
        # Nobody reads its output any more, so this one ends by itself.
        assert wait_until_gone(result.value)

    def test_a_forked_grandchild_that_holds_the_pipe_of_a_crashed_child(self) -> None:
        def work(progress: Progress) -> None:
            if pid := os.fork():
                progress(str(pid))
                os._exit(4)
            time.sleep(1000)

        result = run_in_child(work, seconds=100)
        assert result.exit == "exited with status 4 (os._exit)"
        assert wait_until_gone(int(result.progress[0]))

    def test_a_grandchild_in_a_session_of_its_own_at_a_timeout(self) -> None:
        def work(progress: Progress) -> None:
            progress(str(subprocess.Popen(["sleep", "1000"], start_new_session=True).pid))
            sleep_for_ever(progress)

        result = run_in_child(work, seconds=0.3)
        assert wait_until_gone(int(result.progress[0]))

    def test_nested_children_at_a_timeout(self) -> None:
        def inner(progress: Progress) -> None:
            progress(f"{os.getpid()} {subprocess.Popen(['sleep', '1000']).pid}")
            sleep_for_ever(progress)

        def outer(progress: Progress) -> None:
            run_in_child(inner, seconds=100, on_progress=progress)

        result = run_in_child(outer, seconds=0.5)
        assert result.status == "timeout"
        assert all(wait_until_gone(int(pid)) for pid in result.progress[0].split())

    def test_an_exception_in_the_parent_ends_the_child(self) -> None:
        pids: list[int] = []

        def stop(text: str) -> NoReturn:
            pids.append(int(text))
            raise LookupError("enough")

        def work(progress: Progress) -> None:
            progress(str(os.getpid()))
            sleep_for_ever(progress)

        with pytest.raises(LookupError, match="enough"):
            run_in_child(work, seconds=100, on_progress=stop)
        assert wait_until_gone(pids[0])

    def test_ctrl_c_in_the_parent_stops_at_once(self) -> None:
        pids: list[int] = []

        def work(progress: Progress) -> None:
            progress(str(os.getpid()))
            sleep_for_ever(progress)

        main = threading.main_thread().ident
        assert main is not None
        timer = threading.Timer(0.3, lambda: signal.pthread_kill(main, signal.SIGINT))
        timer.start()
        began = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            run_in_child(work, seconds=100, on_progress=lambda text: pids.append(int(text)))
        timer.join()
        assert time.monotonic() - began < 100
        assert wait_until_gone(pids[0])

    def test_a_parent_that_is_killed_takes_the_child_along(self) -> None:
        code = """
            import os, time
            from pytest_concurrency.stress.children.child import run_in_child
            def work(progress):
                progress(str(os.getpid()))
                time.sleep(1000)
            run_in_child(work, seconds=100, on_progress=lambda pid: print(pid, flush=True))
        """
        parent = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True
        )
        with parent:
            assert parent.stdout is not None
            pid = int(parent.stdout.readline())
            assert is_alive(pid)
            parent.kill()
        assert wait_until_gone(pid)


class TestSignals:
    def test_handlers_of_the_parent_do_not_run_in_the_child(self) -> None:
        called: list[int] = []
        before = signal.signal(signal.SIGALRM, lambda number, frame: called.append(number))
        try:
            result = run_in_child(lambda progress: signal.raise_signal(signal.SIGALRM), seconds=10)
        finally:
            signal.signal(signal.SIGALRM, before)
        assert result.exit == "killed by SIGALRM"

    def test_the_parents_signals_are_as_before(self) -> None:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, ()), signal.getsignal(signal.SIGINT)
        run_in_child(lambda progress: 1, seconds=10)
        after = signal.pthread_sigmask(signal.SIG_BLOCK, ()), signal.getsignal(signal.SIGINT)
        assert after == before

    def test_the_child_can_be_interrupted(self) -> None:
        result = run_in_child(lambda progress: signal.raise_signal(signal.SIGINT), seconds=10)
        assert result.error_type == "KeyboardInterrupt"


def test_pytests_capture_is_not_shared(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import os
        from pytest_concurrency.stress.children.child import run_in_child
        from pytest_concurrency.stress.children.in_child import own_pytest_capture

        def test_capture(request):
            capture = request.config.pluginmanager.getplugin("capturemanager")

            def work(progress):
                own_pytest_capture(capture)
                capture.suspend_global_capture()
                os.system("echo while suspended")
                capture.resume_global_capture()
                os.system("echo while captured")
                return capture.read_global_capture()

            print("before")
            result = run_in_child(work, seconds=10)
            os.system("echo after")
            assert result.value.out == "while captured\\n", result
            assert result.output == "while suspended\\n"
            assert 0
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:randomly")
    result.stdout.fnmatch_lines(["*assert 0", "*", "*Captured stdout call*", "before", "after"])
    result.stdout.no_fnmatch_line("while*")


def run_python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=30,
    )


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_the_fork_server_of_the_parent_is_not_the_childs() -> None:
    def use(progress: Progress) -> int | None:
        process = multiprocessing.get_context("forkserver").Process(target=abs, args=(1,))
        process.start()
        process.join()
        return process.exitcode

    assert use(print) == 0
    result = run_in_child(use, seconds=30)
    assert (result.value, result.error) == (0, "")
    assert use(print) == 0


class TestTemporaryFiles:
    @pytest.fixture
    def folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        return tmp_path

    @pytest.mark.parametrize("last", [lambda: None, lambda: os.kill(os.getpid(), signal.SIGKILL)])
    def test_they_go_with_the_child(self, folder: Path, last: Callable[[], None]) -> None:
        command = [sys.executable, "-c", "import tempfile; print(tempfile.mkdtemp())"]

        def leave(progress: Progress) -> None:
            made = [tempfile.mkdtemp(), tempfile.mkstemp()[1], tempfile.gettempdir() + "/mine"]
            Path(made[2]).touch()
            made.append(subprocess.check_output(command, text=True).strip())
            progress("\n".join(made))

        def work(progress: Progress) -> None:
            leave(progress)
            run_in_child(leave, seconds=60, on_progress=progress)
            last()

        result = run_in_child(work, seconds=60)
        made = [Path(line) for text in result.progress for line in text.splitlines()]
        assert len(made) == 8
        assert all(each.is_relative_to(folder) for each in made)
        assert list(folder.iterdir()) == []


_LEAVES_A_SEMAPHORE = """
import multiprocessing, time
from pytest_concurrency.stress.children.child import run_in_child

def work(progress):
    lock = multiprocessing.get_context("spawn").Lock()
    progress(lock._semlock.name)
    time.sleep(1000)

print(*run_in_child(work, seconds=3).progress)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks where Linux keeps semaphores")
def test_semaphores_of_who_is_killed_go_too() -> None:
    """In a process of its own: the tracker of this one, if there is one, would keep them."""
    command = [sys.executable, "-c", _LEAVES_A_SEMAPHORE]
    name = subprocess.check_output(command, text=True).strip()
    semaphore = Path(f"/dev/shm/sem.{name[1:]}")
    until = time.monotonic() + 20
    while semaphore.exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert name
    assert not semaphore.exists()
